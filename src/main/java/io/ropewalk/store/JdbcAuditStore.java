package io.ropewalk.store;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.StoreException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** The audit in a table, of which the newest entries are kept. Any thread. */
public final class JdbcAuditStore implements AuditStore {
    private static final int TIMEOUT_SECONDS = 10;
    /** Old entries are looked for once in so many. */
    private static final int TIDY_EVERY = 64;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final int kept;
    private final AtomicInteger written = new AtomicInteger();

    /**
     * A store whose schema is up to date.
     *
     * @param kept how many entries are kept, 1 or more; a few more are while nobody has tidied up
     */
    public JdbcAuditStore(DataSource dataSource, PlatformTransactionManager transactions, int kept) {
        this.jdbc = JdbcClient.create(dataSource);
        this.transaction = new TransactionTemplate(transactions);
        this.transaction.setTimeout(TIMEOUT_SECONDS);
        this.kept = kept;
    }

    @Override
    public void add(AuditEntry entry) throws StoreException {
        try {
            transaction.executeWithoutResult(status -> insert(entry));
        } catch (DataAccessException | TransactionException e) {
            throw new StoreException("The audit cannot be written: " + e.getMessage(), e);
        }
    }

    /** Within the caller's transaction, if there is one. */
    void insert(AuditEntry entry) {
        jdbc.sql("""
                        insert into audit (happened_at, actor, source, verb, resource, from_generation, to_generation,
                            idempotency_key, outcome)
                        values (:time, :actor, :source, :verb, :resource, :from, :to, :key, :outcome)
                        """)
                .param("time", OffsetDateTime.ofInstant(entry.time(), ZoneOffset.UTC))
                .param("actor", entry.actor())
                .param("source", entry.source(), Types.VARCHAR)
                .param("verb", entry.verb())
                .param("resource", entry.resource())
                .param("from", entry.fromGeneration(), Types.BIGINT)
                .param("to", entry.toGeneration(), Types.BIGINT)
                .param("key", entry.key(), Types.VARCHAR)
                .param("outcome", entry.outcome())
                .update();
        if (written.incrementAndGet() % TIDY_EVERY == 0) {
            jdbc.sql("delete from audit where seq <= (select max(seq) from audit) - :kept")
                    .param("kept", kept)
                    .update();
        }
    }

    @Override
    public List<AuditEntry> find(Wanted wanted, int limit) throws StoreException {
        try {
            return jdbc.sql("""
                            select * from audit
                            where (cast(:before as bigint) is null or seq < :before)
                              and (cast(:actor as varchar) is null or actor = :actor)
                              and (cast(:resource as varchar) is null or resource = :resource)
                              and (cast(:verb as varchar) is null or verb = :verb)
                              and (cast(:outcome as varchar) is null or outcome = :outcome)
                              and (cast(:since as timestamp with time zone) is null or happened_at >= :since)
                            order by seq desc
                            fetch first :limit rows only
                            """)
                    .param("before", wanted.before(), Types.BIGINT)
                    .param("actor", wanted.actor(), Types.VARCHAR)
                    .param("resource", wanted.resource(), Types.VARCHAR)
                    .param("verb", wanted.verb(), Types.VARCHAR)
                    .param("outcome", wanted.outcome(), Types.VARCHAR)
                    .param("since", utc(wanted.since()), Types.TIMESTAMP_WITH_TIMEZONE)
                    .param("limit", limit)
                    .query((row, number) -> entry(row))
                    .list();
        } catch (DataAccessException e) {
            throw new StoreException("The audit cannot be read: " + e.getMessage(), e);
        }
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : OffsetDateTime.ofInstant(time, ZoneOffset.UTC);
    }

    private static AuditEntry entry(ResultSet row) throws SQLException {
        return new AuditEntry(
                row.getLong("seq"),
                row.getObject("happened_at", OffsetDateTime.class).toInstant(),
                row.getString("actor"),
                row.getString("source"),
                row.getString("verb"),
                row.getString("resource"),
                number(row, "from_generation"),
                number(row, "to_generation"),
                row.getString("idempotency_key"),
                row.getString("outcome"));
    }

    private static @Nullable Long number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? null : number;
    }
}
