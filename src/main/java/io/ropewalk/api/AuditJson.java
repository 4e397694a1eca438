package io.ropewalk.api;

import io.ropewalk.inventory.AuditEntry;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of the audit. */
@Schema(name = "AuditEntry", description = "A change that was made, or was asked for and refused.")
record AuditJson(
        @Schema(description = "Increases with every entry.", example = "42")
        long seq,

        @Schema(description = "When it was asked for.") Instant time,

        @Schema(description = "Who asked.", example = "night-shift")
        String actor,

        @Schema(
                description = "The address that the request came from; null when there was none.",
                example = "192.0.2.7")
        @Nullable String source,

        @Schema(description = "The operation; the HTTP method where it did not come so far.", example = "failPath")
        String verb,

        @Schema(description = "What it was about, kind and name.", example = "path demo/demo-a")
        String resource,

        @Schema(description = "The generation before; null where there was none or it has none.", example = "7")
        @Nullable Long fromGeneration,

        @Schema(description = "The generation after; null where there is none or it has none.", example = "8") @Nullable Long toGeneration,

        @Schema(
                description = "The request's Idempotency-Key; null for none.",
                example = "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        @Nullable String idempotencyKey,

        @Schema(
                description = "`done`; `taken-back` when what was stored turned out impossible; `accepted` when it went"
                        + " on after the answer; else the code of the problem.",
                example = "done")
        String outcome) {
    static AuditJson of(AuditEntry entry) {
        return new AuditJson(
                entry.seq(),
                entry.time(),
                entry.actor(),
                entry.source(),
                entry.verb(),
                entry.resource(),
                entry.fromGeneration(),
                entry.toGeneration(),
                entry.key(),
                entry.outcome());
    }

    /** Some entries. */
    @Schema(name = "AuditEntryList", description = "Entries of the audit, the newest first.")
    record Listing(
            List<AuditJson> items,

            @Schema(description = Docs.NEXT_PAGE, example = "42") @Nullable String nextPageToken) {}
}
