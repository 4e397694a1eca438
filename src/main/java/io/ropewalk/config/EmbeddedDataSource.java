package io.ropewalk.config;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to the embedded database. The database stays open between connections, but not after the last one in the
 * end: then somebody else may have the data folder.
 */
final class EmbeddedDataSource extends HikariDataSource {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDataSource.class);

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
