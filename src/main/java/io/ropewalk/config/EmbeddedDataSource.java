package io.ropewalk.config;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to the embedded database. The database stays open between connections, but not after the last one in the
 * end: then somebody else may have the data folder.
 */
final class EmbeddedDataSource extends HikariDataSource {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDataSource.class);
    private static final int CONNECTIONS = 2;

    EmbeddedDataSource(String url) {
        setPoolName("inventory");
        setJdbcUrl(url);
        setMaximumPoolSize(CONNECTIONS);
        setConnectionTestQuery("select 1");
        setExceptionOverride(new LostDatabase());
    }

    /**
     * The database closes itself when it cannot write, as on a full disk. Connections to it call themselves valid and are
     * not: they go when that shows, or a query finds it out first, so that the next one opens the database again.
     */
    private static final class LostDatabase implements SQLExceptionOverride {
        @java.lang.Override
        public Override adjudicate(SQLException error) {
            return error instanceof SQLNonTransientConnectionException ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
        }
    }

    @Override
    public void close() {
        if (isRunning()) {
            try (Connection connection = getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("set db_close_delay 0");
            } catch (SQLException e) {
                LOG.warn("The database is not closed in order: {}", e.getMessage());
            }
        }
        super.close();
    }
}
