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
CREATE TABLE "equities" (
	sid BIGINT NOT NULL, 
	symbol TEXT, 
	company_symbol TEXT, 
	share_class_symbol TEXT, 
	fuzzy_symbol TEXT, 
	asset_name TEXT, 
	start_date BIGINT NOT NULL, 
	end_date BIGINT NOT NULL, 
	first_traded BIGINT, 
	auto_close_date BIGINT, 
	exchange TEXT, 
	exchange_full TEXT, 
	PRIMARY KEY (sid), 
	UNIQUE (sid)
);
INSERT INTO "equities" VALUES(1,'AAA','AAA','','AAA','Alpha',1262563200000000000,1577750400000000000,1262649600000000000,1577836800000000000,'NYSE','NEW YORK STOCK EXCHANGE');
INSERT INTO "equities" VALUES(2,'BRK.B','BRK','B','BRKB','Berkshire B',1296518400000000000,1530230400000000000,1296518400000000000,1530489600000000000,'NYSE','NEW YORK STOCK EXCHANGE');
INSERT INTO "equities" VALUES(3,'CCC','CCC','','CCC','Gamma',1330560000000000000,1577750400000000000,1330560000000000000,1577836800000000000,'NASDAQ','NASDAQ GLOBAL');
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
	FOREIGN KEY(exchange) REFERENCES futures_exchanges (exchange)
);
INSERT INTO "futures_contracts" VALUES(10,'ESH19','ES','E-mini March 2019',1514851200000000000,1552608000000000000,1514937600000000000,'CME',1552521600000000000,1552608000000000000,1552435200000000000,50.0,0.25);
CREATE TABLE "futures_exchanges" (
	exchange TEXT NOT NULL, 
	timezone TEXT, 
	PRIMARY KEY (exchange), 
	UNIQUE (exchange)
);
INSERT INTO "futures_exchanges" VALUES('CME',NULL);
INSERT INTO "futures_exchanges" VALUES('NASDAQ GLOBAL',NULL);
INSERT INTO "futures_exchanges" VALUES('NEW YORK STOCK EXCHANGE',NULL);
CREATE TABLE futures_root_symbols (
	root_symbol TEXT NOT NULL, 
	root_symbol_id BIGINT, 
	sector TEXT, 
	description TEXT, 
	exchange TEXT, 
	PRIMARY KEY (root_symbol), 
	UNIQUE (root_symbol), 
	FOREIGN KEY(exchange) REFERENCES futures_exchanges (exchange)
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
INSERT INTO "version_info" VALUES(1,4);
CREATE UNIQUE INDEX ix_futures_contracts_symbol ON futures_contracts (symbol);
CREATE INDEX ix_futures_contracts_root_symbol ON futures_contracts (root_symbol);
CREATE INDEX ix_equities_company_symbol ON equities (company_symbol);
CREATE INDEX ix_equities_fuzzy_symbol ON equities (fuzzy_symbol);
