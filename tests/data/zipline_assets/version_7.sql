CREATE TABLE asset_router (
	sid BIGINT NOT NULL, 
	asset_type TEXT, 
	PRIMARY KEY (sid), 
	UNIQUE (sid)
);
INSERT INTO "asset_router" VALUES(10,'future');
INSERT INTO "asset_router" VALUES(1,'equity');
INSERT INTO "asset_router" VALUES(2,'equity');
INSERT INTO "asset_router" VALUES(3,'equity');
CREATE TABLE equities (
	sid BIGINT NOT NULL, 
	asset_name TEXT, 
	start_date BIGINT NOT NULL, 
	end_date BIGINT NOT NULL, 
	first_traded BIGINT, 
	auto_close_date BIGINT, 
	exchange TEXT, 
	PRIMARY KEY (sid), 
	UNIQUE (sid), 
	FOREIGN KEY(exchange) REFERENCES exchanges (exchange)
);
INSERT INTO "equities" VALUES(1,'Alpha',1262563200000000000,1577750400000000000,1262649600000000000,1577836800000000000,'NEW YORK STOCK EXCHANGE');
INSERT INTO "equities" VALUES(2,'Berkshire B',1296518400000000000,1530230400000000000,1296518400000000000,1530489600000000000,'NEW YORK STOCK EXCHANGE');
INSERT INTO "equities" VALUES(3,'Gamma',1330560000000000000,1577750400000000000,1330560000000000000,1577836800000000000,'NASDAQ GLOBAL');
CREATE TABLE equity_supplementary_mappings (
	sid BIGINT NOT NULL, 
	field TEXT NOT NULL, 
	start_date BIGINT NOT NULL, 
	end_date BIGINT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (sid, field, start_date), 
	FOREIGN KEY(sid) REFERENCES equities (sid)
);
INSERT INTO "equity_supplementary_mappings" VALUES(1,'CUSIP',1330560000000000000,1577750400000000000,'0001');
CREATE TABLE equity_symbol_mappings (
	id BIGINT NOT NULL, 
	sid BIGINT NOT NULL, 
	symbol TEXT NOT NULL, 
	company_symbol TEXT, 
	share_class_symbol TEXT, 
	start_date BIGINT NOT NULL, 
	end_date BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (id), 
	FOREIGN KEY(sid) REFERENCES equities (sid)
);
INSERT INTO "equity_symbol_mappings" VALUES(0,1,'AAA','AAA','',1262563200000000000,1577750400000000000);
INSERT INTO "equity_symbol_mappings" VALUES(1,2,'BRK.B','BRK','B',1296518400000000000,1530230400000000000);
INSERT INTO "equity_symbol_mappings" VALUES(2,3,'CCC','CCC','',1362096000000000000,1577750400000000000);
INSERT INTO "equity_symbol_mappings" VALUES(99,3,'OLD','OLD','',1330560000000000000,1362096000000000000);
CREATE TABLE exchanges (
	exchange TEXT NOT NULL, 
	canonical_name TEXT NOT NULL, 
	country_code TEXT NOT NULL, 
	PRIMARY KEY (exchange), 
	UNIQUE (exchange)
);
INSERT INTO "exchanges" VALUES('NEW YORK STOCK EXCHANGE','NYSE','US');
INSERT INTO "exchanges" VALUES('NASDAQ GLOBAL','NASDAQ','US');
INSERT INTO "exchanges" VALUES('CME','CME','US');
CREATE TABLE futures_contracts (
	sid BIGINT NOT NULL, 
	symbol TEXT, 
	root_symbol TEXT, 
	asset_name TEXT, 
	start_date BIGINT NOT NULL, 
	end_date BIGINT NOT NULL, 
	first_traded BIGINT, 
	exchange TEXT, 
	notice_date BIGINT NOT NULL, 
	expiration_date BIGINT NOT NULL, 
	auto_close_date BIGINT NOT NULL, 
	multiplier FLOAT, 
	tick_size FLOAT, 
	PRIMARY KEY (sid), 
	UNIQUE (sid), 
	FOREIGN KEY(root_symbol) REFERENCES futures_root_symbols (root_symbol), 
	FOREIGN KEY(exchange) REFERENCES exchanges (exchange)
);
INSERT INTO "futures_contracts" VALUES(10,'ESH19','ES','E-mini March 2019',1514851200000000000,1552608000000000000,1514937600000000000,'CME',1552521600000000000,1552608000000000000,1552435200000000000,50.0,0.25);
CREATE TABLE futures_root_symbols (
	root_symbol TEXT NOT NULL, 
	root_symbol_id BIGINT, 
	sector TEXT, 
	description TEXT, 
	exchange TEXT, 
	PRIMARY KEY (root_symbol), 
	UNIQUE (root_symbol), 
	FOREIGN KEY(exchange) REFERENCES exchanges (exchange)
);
INSERT INTO "futures_root_symbols" VALUES('ES',NULL,'Equities','E-mini S&P 500','CME');
CREATE TABLE version_info (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CHECK (id <= 1), 
	UNIQUE (id), 
	UNIQUE (version)
);
INSERT INTO "version_info" VALUES(1,7);
CREATE INDEX ix_equity_symbol_mappings_company_symbol ON equity_symbol_mappings (company_symbol);
CREATE INDEX ix_equity_symbol_mappings_sid ON equity_symbol_mappings (sid);
CREATE INDEX ix_futures_contracts_root_symbol ON futures_contracts (root_symbol);
CREATE UNIQUE INDEX ix_futures_contracts_symbol ON futures_contracts (symbol);
