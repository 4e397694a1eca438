package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ropewalk.store.EmbeddedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDataSourceTest {
    @TempDir
    private Path folder;

    @Test
    @DisplayName("A database that has closed itself, as when the disk was full, is opened again for the next who asks")
    void aDatabaseThatHasClosedItselfIsOpenedAgain() throws SQLException {
        try (EmbeddedDataSource dataSource = new EmbeddedDataSource(EmbeddedDatabase.url(folder))) {
            execute(dataSource, "create table t (n int)");
            assertThatThrownBy(() -> execute(dataSource, "shutdown immediately"))
                    .isInstanceOf(SQLException.class);

            // Each connection of the pool may find it out once.
            await().ignoreExceptionsInstanceOf(SQLException.class)
                    .untilAsserted(() -> execute(dataSource, "insert into t values (1)"));
            execute(dataSource, "insert into t values (2)");
        }
    }

    private static void execute(EmbeddedDataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
