package io.ropewalk.api;

import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.Inventory;
import jakarta.servlet.Filter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.mockito.Mockito;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.context.WebApplicationContext;

/**
 * The REST room alone, over an inventory that does what a test tells it. Not annotated as a configuration, so that the whole
 * service does not find it.
 */
@EnableAutoConfiguration(exclude = {DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class})
@ComponentScan(basePackageClasses = ApiSlice.class)
class ApiSlice {
    @Bean
    Inventory inventory() {
        return Mockito.mock(Inventory.class);
    }

    @Bean
    Callers nobodyIsAsked() {
        return Callers.EVERYBODY;
    }

    @Bean
    MemoryAnswers answers() {
        return new MemoryAnswers();
    }

    @Bean
    TrustedHosts trustedHosts() {
        return new TrustedHosts(Set.of());
    }

    @Bean
    AuditStore auditStore() {
        return Mockito.mock(AuditStore.class);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    RequestRates requestRates() {
        return new RequestRates(0, 1);
    }

    @Bean
    RequestTime requestTime() {
        return new RequestTime(Duration.ofMinutes(1));
    }

    @Bean
    EventStreamLimit eventStreamLimit() {
        return new EventStreamLimit(2);
    }

    @Bean
    SystemInfo systemInfo() {
        return new SystemInfo(
                "1.2.3",
                "node-1",
                Instant.parse("2026-01-02T03:04:05Z"),
                List.of("file", "nbd"),
                List.of(),
                new SystemInfo.Limits(64, 1 << 25, BodyLimitFilter.MOST_BYTES, Page.LARGEST_SIZE, EventStreams.MOST));
    }

    @Bean
    MockMvcTester mockMvc(WebApplicationContext context) {
        return MockMvcTester.from(
                context,
                builder -> builder.addFilters(
                                context.getBean(TraceFilter.class),
                                context.getBean(RequestRateFilter.class),
                                context.getBean(AuditFilter.class),
                                context.getBean("springSecurityFilterChain", Filter.class),
                                context.getBean(SameOriginFilter.class),
                                context.getBean(BodyLimitFilter.class),
                                context.getBean(IdempotencyFilter.class))
                        .build());
    }
}
