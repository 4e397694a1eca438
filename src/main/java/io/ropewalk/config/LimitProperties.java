package io.ropewalk.config;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much of the API one client may use: one caller; or one address, where nobody is asked or the caller is not known.
 * Connections, headers and silence are bounded by server.tomcat.*.
 *
 * @param requestsPerSecond how many requests a second of one client are answered in the long run; 0 for any number
 * @param requestsAtOnce how many may come in one burst beyond that
 * @param requestTime how long the header of a request may take to arrive, and how long its body
 * @param eventStreamsPerClient how many streams of events one client may have open at once
 */
record LimitProperties(
        @DefaultValue("100")
        @Min(value = 0, message = "must be 0 to 1000000") @Max(value = 1_000_000, message = "must be 0 to 1000000") int requestsPerSecond,

        @DefaultValue("1000")
        @Min(value = 1, message = "must be 1 to 1000000") @Max(value = 1_000_000, message = "must be 1 to 1000000") int requestsAtOnce,

        @DefaultValue("30s") @DurationMin(seconds = 1, message = "must be 1s or more")
        Duration requestTime,

        @DefaultValue("20")
        @Min(value = 1, message = "must be 1 to 100") @Max(value = 100, message = "must be 1 to 100") int eventStreamsPerClient) {}
