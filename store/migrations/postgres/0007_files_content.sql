-- Files by content and bundle. The same as ../sqlite/0007_files_content.sql.

-- +goose Up

-- Previews of many bundles are one content: who looks for a file of a bundle by its content, too, must not come by all.
DROP INDEX files_sha256;
CREATE INDEX files_content ON files (sha256, bundle);
