package io.ropewalk.config;

import com.zaxxer.hikari.HikariDataSource;
import io.ropewalk.store.DataDirException;
import io.ropewalk.store.DataDirLock;
import io.ropewalk.store.EmbeddedDatabase;
import io.ropewalk.store.JdbcAnswerStore;
import io.ropewalk.store.JdbcAuditStore;
import io.ropewalk.store.JdbcInventoryStore;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;

/** The data folder and the database. */
@Configuration(proxyBeanMethods = false)
class StoreConfiguration {
    /** Taken first and let go last. */
    @Bean
    DataDirLock dataDirLock(RopewalkProperties properties) throws DataDirException {
        return DataDirLock.acquire(properties.dataDir());
    }

    /** The database in the data folder, unless another one is configured. */
    @Bean
    @ConditionalOnProperty(name = "spring.datasource.url", matchIfMissing = true, havingValue = "none")
    HikariDataSource dataSource(RopewalkProperties properties, DataDirLock heldMeanwhile) {
        return new EmbeddedDataSource(EmbeddedDatabase.url(properties.dataDir()));
    }

    @Bean
    @DependsOnDatabaseInitialization
    JdbcAuditStore auditStore(
            DataSource dataSource, PlatformTransactionManager transactions, RopewalkProperties properties) {
        return new JdbcAuditStore(dataSource, transactions, properties.audit().keep());
    }

    @Bean
    @DependsOnDatabaseInitialization
    JdbcInventoryStore inventoryStore(
            DataSource dataSource, PlatformTransactionManager transactions, JdbcAuditStore audit) {
        return new JdbcInventoryStore(dataSource, transactions, audit);
    }

    @Bean
    @DependsOnDatabaseInitialization
    JdbcAnswerStore answerStore(DataSource dataSource) {
        return new JdbcAnswerStore(dataSource);
    }
}
