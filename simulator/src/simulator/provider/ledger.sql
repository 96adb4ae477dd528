-- The provider's books. What may never happen to money is refused here, by the database, whatever the code above it does.

CREATE TABLE IF NOT EXISTS transactions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL CHECK (type IN ('authorise', 'token', 'capture', 'reversal', 'refund', 'chargeback')),
    status TEXT NOT NULL CHECK (status IN ('pending', 'success', 'failed', 'manualintervention')),
    amount INTEGER CHECK (amount > 0),
    currency TEXT,
    order_reference TEXT NOT NULL,
    original_reference TEXT REFERENCES transactions (reference),
    hold TEXT REFERENCES transactions (reference),
    terminal TEXT NOT NULL,
    description TEXT,
    language TEXT,
    webhook_url TEXT,
    return_url TEXT,
    wants_token INTEGER NOT NULL DEFAULT 0,
    partial_allowed INTEGER NOT NULL DEFAULT 0,
    card TEXT,
    authorised INTEGER,
    token TEXT,
    failure_code TEXT,
    details TEXT NOT NULL DEFAULT '{}',
    done_by TEXT, -- nobody but the merchant's own system when it is not said
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    final INTEGER,
    due INTEGER,
    CHECK ((amount IS NULL) = (type = 'token')),
    CHECK ((original_reference IS NULL) = (type IN ('authorise', 'token'))),
    CHECK ((final IS NOT NULL) = (status IN ('success', 'failed')))
);
CREATE INDEX IF NOT EXISTS transactions_by_order ON transactions (order_reference);
CREATE INDEX IF NOT EXISTS transactions_by_hold ON transactions (hold) WHERE hold IS NOT NULL;
CREATE INDEX IF NOT EXISTS transactions_due ON transactions (due) WHERE status = 'pending';
-- A terminal serves one driver at a time.
CREATE UNIQUE INDEX IF NOT EXISTS one_driver_a_terminal
    ON transactions (terminal) WHERE status = 'pending' AND original_reference IS NULL;

-- Each authorisation that stands or stood, in minor units; only the journal's trigger below moves its numbers.
CREATE TABLE IF NOT EXISTS holds (
    reference TEXT PRIMARY KEY REFERENCES transactions (reference),
    currency TEXT NOT NULL,
    asked INTEGER NOT NULL CHECK (asked > 0),
    authorised INTEGER NOT NULL DEFAULT 0,
    captured INTEGER NOT NULL DEFAULT 0,
    released INTEGER NOT NULL DEFAULT 0,
    reversed INTEGER NOT NULL DEFAULT 0,
    refunded INTEGER NOT NULL DEFAULT 0,
    charged_back INTEGER NOT NULL DEFAULT 0,
    captures INTEGER NOT NULL DEFAULT 0,
    expires INTEGER NOT NULL,
    open INTEGER NOT NULL DEFAULT 1,
    CHECK (authorised BETWEEN 0 AND asked),
    CHECK (captured >= 0 AND released >= 0 AND reversed >= 0 AND refunded >= 0 AND charged_back >= 0),
    CHECK (captured + released + reversed <= authorised),
    CHECK (refunded + charged_back <= captured),
    CHECK (captures <= 1)
);
CREATE INDEX IF NOT EXISTS holds_open ON holds (expires) WHERE open = 1;

-- Every movement of money, once, for ever.
CREATE TABLE IF NOT EXISTS journal (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    hold TEXT NOT NULL REFERENCES holds (reference),
    reference TEXT NOT NULL REFERENCES transactions (reference),
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'capture', 'release', 'reversal', 'refund', 'chargeback')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_hold_line ON journal (hold) WHERE kind = 'hold';
-- A transaction moves money once; a release may stand beside the capture that caused it.
CREATE UNIQUE INDEX IF NOT EXISTS one_line_a_transaction ON journal (reference, kind);
CREATE TRIGGER IF NOT EXISTS journal_moves_the_hold AFTER INSERT ON journal BEGIN
    UPDATE holds SET
        authorised = authorised + iif(NEW.kind = 'hold', NEW.amount, 0),
        captured = captured + iif(NEW.kind = 'capture', NEW.amount, 0),
        captures = captures + (NEW.kind = 'capture'),
        released = released + iif(NEW.kind = 'release', NEW.amount, 0),
        reversed = reversed + iif(NEW.kind = 'reversal', NEW.amount, 0),
        refunded = refunded + iif(NEW.kind = 'refund', NEW.amount, 0),
        charged_back = charged_back + iif(NEW.kind = 'chargeback', NEW.amount, 0)
    WHERE reference = NEW.hold AND currency = NEW.currency;
    SELECT RAISE(ABORT, 'no such hold in this currency') WHERE changes() = 0;
    UPDATE holds SET open = captured + released + reversed < authorised WHERE reference = NEW.hold;
END;
CREATE TRIGGER IF NOT EXISTS journal_is_not_edited BEFORE UPDATE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER IF NOT EXISTS journal_is_not_erased BEFORE DELETE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- Every change of status, written by the database itself; a final status stays.
CREATE TABLE IF NOT EXISTS transitions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    reference TEXT NOT NULL,
    was TEXT,
    became TEXT NOT NULL,
    failure_code TEXT
);
CREATE TRIGGER IF NOT EXISTS transaction_begins AFTER INSERT ON transactions BEGIN
    INSERT INTO transitions (at, reference, became, failure_code)
    VALUES (NEW.updated, NEW.reference, NEW.status, NEW.failure_code);
END;
CREATE TRIGGER IF NOT EXISTS transaction_moves AFTER UPDATE OF status ON transactions WHEN OLD.status <> NEW.status BEGIN
    INSERT INTO transitions (at, reference, was, became, failure_code)
    VALUES (NEW.updated, NEW.reference, OLD.status, NEW.status, NEW.failure_code);
END;
CREATE TRIGGER IF NOT EXISTS final_is_final BEFORE UPDATE OF status ON transactions
WHEN OLD.status IN ('success', 'failed') AND NEW.status <> OLD.status BEGIN
    SELECT RAISE(ABORT, 'a final status does not change');
END;

-- What was answered to which idempotency reference; one name space for every verb.
CREATE TABLE IF NOT EXISTS remembered (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- Requests whose answer was lost and whose effect comes later (the fault `late_apply`).
CREATE TABLE IF NOT EXISTS deferred (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    due INTEGER NOT NULL,
    verb TEXT NOT NULL,
    key TEXT,
    body TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS terminals (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (name TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
