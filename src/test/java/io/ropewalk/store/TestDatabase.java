package io.ropewalk.store;

import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcConnectionPool;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** The real database in a folder, with its schema. */
public final class TestDatabase implements AutoCloseable {
    private final JdbcConnectionPool pool;
    private final JdbcInventoryStore store;
    private final JdbcAuditStore audit;

    private TestDatabase(JdbcConnectionPool pool) {
        this.pool = pool;
        Flyway.configure().dataSource(pool).load().migrate();
        this.audit = new JdbcAuditStore(pool, new DataSourceTransactionManager(pool), 100);
        this.store = new JdbcInventoryStore(pool, new DataSourceTransactionManager(pool), audit);
    }

    public static TestDatabase in(Path folder) {
        return new TestDatabase(JdbcConnectionPool.create(EmbeddedDatabase.url(folder), "sa", ""));
    }

    JdbcAuditStore audit() {
        return audit;
    }

    public JdbcInventoryStore store() {
        return store;
    }

    JdbcConnectionPool pool() {
        return pool;
    }

    @Override
    public void close() {
        try (var connection = pool.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("shutdown");
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            pool.dispose();
        }
    }
}
