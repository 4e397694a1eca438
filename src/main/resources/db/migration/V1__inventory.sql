-- What should exist. Runs on H2 and on PostgreSQL alike.

create table device (
    name varchar(63)   not null primary key,
    uri  varchar(4096) not null
);

create table geom (
    name                   varchar(63)  not null primary key,
    type                   varchar(32)  not null,
    uuid                   varchar(36),
    mode                   varchar(32)  not null,
    attempt_timeout_nanos  bigint       not null,
    quiesce_nanos          bigint       not null,
    cache                  varchar(32)  not null,
    restore_policy         varchar(32)  not null,
    failback_nanos         bigint,
    hedge_after_nanos      bigint,
    no_path_queue_nanos    bigint       not null,
    no_path_max_requests   int          not null,
    no_path_max_bytes      bigint       not null,
    size_bytes             bigint       not null,
    minimum_block_size     int          not null,
    preferred_block_size   int          not null,
    maximum_payload_bytes  int          not null,
    capabilities           varchar(500) not null,
    stopped                boolean      not null,
    generation             bigint       not null
);

-- failed_why is set, perhaps to an empty text, while an operator wants the path failed.
create table geom_path (
    geom       varchar(63) not null references geom (name) on delete cascade,
    ordinal    int         not null,
    device     varchar(63) not null references device (name),
    failed_why varchar(500),
    primary key (geom, ordinal),
    unique (geom, device)
);

create table export (
    name       varchar(63) not null primary key,
    geom       varchar(63) not null references geom (name) on delete cascade,
    read_only  boolean     not null,
    generation bigint      not null
);

create table export_client (
    export  varchar(63)  not null references export (name) on delete cascade,
    ordinal int          not null,
    client  varchar(255) not null,
    primary key (export, ordinal)
);
