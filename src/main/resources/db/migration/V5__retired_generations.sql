-- The highest generation of a geom or export that is no more. Runs on H2 and on PostgreSQL alike.

create table retired (
    generation bigint not null
);
