package io.ropewalk.config;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections to the embedded database; shuts it down in the end, before anybody else can have the data folder. */
final class EmbeddedDataSource extends HikariDataSource {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDataSource.class);

    @Override
    public void close() {
        if (!isClosed() && isRunning()) {
            try (Connection connection = getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("shutdown");
            } catch (SQLException e) {
                LOG.warn("The database was not shut down in order: {}", e.getMessage());
            }
        }
        super.close();
    }
}
