package io.ropewalk.config;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much of the API one address may use; connections, headers and slow requests are bounded by server.tomcat.*.
 *
 * @param requestsPerSecond how many requests a second of one address are answered in the long run; 0 for any number
 * @param requestsAtOnce how many may come in one burst beyond that
 */
record LimitProperties(
        @DefaultValue("100")
        @Min(value = 0, message = "must be 0 to 1000000") @Max(value = 1_000_000, message = "must be 0 to 1000000") int requestsPerSecond,

        @DefaultValue("1000")
        @Min(value = 1, message = "must be 1 to 1000000") @Max(value = 1_000_000, message = "must be 1 to 1000000") int requestsAtOnce) {}
