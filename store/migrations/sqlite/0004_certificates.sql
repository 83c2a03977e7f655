-- How certificates stand, as last asked, and who was warned. The same as ../postgres/0004_certificates.sql.

-- +goose Up

ALTER TABLE certificates ADD COLUMN issuers BLOB; -- DER of the authorities below the anchor, one after the other
ALTER TABLE certificates ADD COLUMN status TEXT NOT NULL DEFAULT ''; -- good revoked suspended unknown; '' never asked
ALTER TABLE certificates ADD COLUMN asked_at INTEGER;
ALTER TABLE certificates ADD COLUMN warned INTEGER NOT NULL DEFAULT 0; -- how many days before it expires it was warned of last; 0 never
CREATE INDEX certificates_unit ON certificates (unit, id);
CREATE INDEX certificates_expiry ON certificates (not_after, id) WHERE unbound_at IS NULL;
