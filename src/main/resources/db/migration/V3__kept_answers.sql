-- Answers to requests with an Idempotency-Key, for a day. Runs on H2 and on PostgreSQL alike.

-- id and fingerprint are SHA-256 in hexadecimal. status is null while the first request is under way, and for good when the
-- service ended meanwhile.
create table kept_answer (
    id           varchar(64)  not null primary key,
    fingerprint  varchar(64)  not null,
    asked_millis bigint       not null,
    status       int,
    content_type varchar(255),
    location     varchar(4096),
    etag         varchar(255),
    body         text
);

create index kept_answer_asked on kept_answer (asked_millis);
