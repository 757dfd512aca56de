BEGIN TRANSACTION;
CREATE TABLE alembic_version_app (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_app_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version_app" VALUES('0004');
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	who TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE choices (
	owner TEXT NOT NULL, 
	chosen TEXT NOT NULL, 
	PRIMARY KEY (owner)
);
CREATE TABLE conversations (
	id TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	name TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	deleted TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "conversations" VALUES('07115bb2f944d714','ada','Depth','2026-11-29T23:53:09.146+00:00',NULL);
CREATE TABLE evaluation (
	id INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	state TEXT NOT NULL, 
	cancel INTEGER DEFAULT '0' NOT NULL, 
	process TEXT NOT NULL, 
	beat FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE exchanges (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	conversation TEXT NOT NULL, 
	question TEXT NOT NULL, 
	answer TEXT, 
	answer_id TEXT DEFAULT '' NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	problem TEXT DEFAULT '' NOT NULL, 
	"before" TEXT, 
	mark TEXT DEFAULT '' NOT NULL, 
	created TEXT NOT NULL, 
	UNIQUE (id), 
	FOREIGN KEY(conversation) REFERENCES conversations (id) ON DELETE CASCADE
);
INSERT INTO "exchanges" VALUES(1,'51541e1b38f984da','07115bb2f944d714','How deep was the harbour dredged?','{"id": "cb37253df70e4888b2b24fb063e15d62", "question": "How deep was the harbour dredged?", "standalone": "How deep was the harbour dredged?", "kind": "answer", "answer": "The harbour at Tarn Bay was dredged to nine metres in 2019.", "headline": "", "further": 0, "refused": false, "reason": "", "sentences": [{"text": "The harbour at Tarn Bay was dredged to nine metres in 2019.", "citations": [1], "verdict": "quoted"}], "citations": [{"n": 1, "document": "harbour.txt", "revision": "d2d7fbf4f72eb8da380a2c0da733d5fc", "start": 0, "end": 59, "quote": "The harbour at Tarn Bay was dredged to nine metres in 2019.", "key": [39, 50], "headings": [], "page": null, "row": null, "collection": "documents"}], "closest": [], "answerable": 0.6688, "computed": null, "choices": [], "model": "none", "notes": [], "timings_ms": {"search": 275.8, "first_word": 277.1, "total": 277.1}}','cb37253df70e4888b2b24fb063e15d62','the harbour at tarn bay was dredged to nine metres in 2019.','',NULL,'','2026-11-29T23:53:09.145+00:00');
CREATE TABLE files (
	path TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (path), 
	UNIQUE (number)
);
CREATE TABLE former_users (
	owner TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (owner)
);
CREATE TABLE members (
	collection TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	PRIMARY KEY (collection, name)
);
CREATE TABLE processes (
	id TEXT NOT NULL, 
	beat FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE questions (
	id TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	exchange TEXT NOT NULL, 
	process TEXT NOT NULL, 
	stop INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(process) REFERENCES processes (id) ON DELETE CASCADE
);
CREATE TABLE sessions (
	token TEXT NOT NULL, 
	name TEXT NOT NULL, 
	expires FLOAT NOT NULL, 
	PRIMARY KEY (token), 
	FOREIGN KEY(name) REFERENCES users (name) ON DELETE CASCADE
);
CREATE TABLE users (
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, owner TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "users" VALUES('ada','$argon2id$v=19$m=65536,t=3,p=4$RobWChOZ1+CAaomUBrteJw$9e6W36vLaJgvtUl9UNOjBXuzk9a5JONmX9EQX104aEc','ada');
CREATE INDEX attempts_who ON attempts (who);
CREATE INDEX conversations_owner ON conversations (owner, updated);
CREATE INDEX exchanges_conversation ON exchanges (conversation, number);
CREATE INDEX questions_process ON questions (process);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('exchanges',1);
COMMIT;