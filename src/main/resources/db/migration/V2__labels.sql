-- What labels need to be remembered.

-- UUID of the labelled geom that an operator took the device from: no taste brings them together again unasked.
alter table device add column kept_out_of varchar(36);

-- The name in the label where the geom runs under a temporary one.
alter table geom add column label_name varchar(15);
