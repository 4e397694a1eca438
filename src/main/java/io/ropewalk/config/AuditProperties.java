package io.ropewalk.config;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The audit of changes.
 *
 * @param keep how many of the newest entries are kept
 */
record AuditProperties(
        @DefaultValue("100000")
        @Min(value = 100, message = "must be 100 to 10000000") @Max(value = 10_000_000, message = "must be 100 to 10000000") int keep) {}
