-- Version 2: cells of tasks.

ALTER TABLE cell ADD COLUMN task TEXT NOT NULL DEFAULT '';  -- name:version:sha256 of the definition; '' for other kinds
