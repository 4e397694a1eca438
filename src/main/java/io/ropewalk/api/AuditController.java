package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.STORE_FAILED;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.StoreException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Who changed what, for administrators. */
@RestController
@RequestMapping(path = Api.BASE + "/audit", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.SYSTEM_TAG)
class AuditController {
    /** Databases know no times far from ours. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

    /** The number of an entry. */
    private static final Pattern SEQ = Pattern.compile("[1-9][0-9]{0,17}");

    private final AuditStore audit;

    AuditController(AuditStore audit) {
        this.audit = audit;
    }

    @GetMapping
    @Operation(
            operationId = "listAudit",
            summary = "Who changed what, the newest first",
            description =
                    "Every change that was made, and those that were asked for and refused. Needs the role admin.")
    @Refusals(STORE_FAILED)
    AuditJson.Listing list(
            @Parameter(description = "Only what this caller asked for.") @RequestParam(required = false) @Nullable String actor,
            @Parameter(description = "Only what was about this, as `geom demo` or `path demo/demo-a`.")
                    @RequestParam(required = false)
                    @Nullable String resource,
            @Parameter(description = "Only this operation.") @RequestParam(required = false) @Nullable String verb,
            @Parameter(description = "Only what came to this, as `done` or `forbidden`.")
                    @RequestParam(required = false)
                    @Nullable String outcome,
            @Parameter(description = "Only from this time on, as 2026-01-02T03:04:05Z.")
                    @RequestParam(required = false)
                    @Nullable String since,
            @Parameter(description = Docs.PAGE_SIZE)
                    @RequestParam(defaultValue = "" + Page.USUAL_SIZE)
                    @Min(value = 1, message = "must be 1 to 1000") @Max(value = Page.LARGEST_SIZE, message = "must be 1 to 1000") int pageSize,
            @Parameter(description = Docs.PAGE_TOKEN) @RequestParam(required = false) @Nullable String pageToken) {
        AuditStore.Wanted wanted =
                new AuditStore.Wanted(before(pageToken), actor, resource, verb, outcome, time(since));
        List<AuditEntry> found = find(wanted, pageSize + 1);
        List<AuditJson> items =
                found.stream().limit(pageSize).map(AuditJson::of).toList();
        boolean more = found.size() > pageSize;
        return new AuditJson.Listing(items, more ? Long.toString(items.getLast().seq()) : null);
    }

    private List<AuditEntry> find(AuditStore.Wanted wanted, int limit) {
        try {
            return audit.find(wanted, limit);
        } catch (StoreException e) {
            throw new ApiException(
                    STORE_FAILED, "The audit cannot be read now.", "Try again; see to the database if it stays.");
        }
    }

    private static @Nullable Long before(@Nullable String pageToken) {
        if (pageToken == null) {
            return null;
        }
        if (!SEQ.matcher(pageToken).matches()) {
            throw ApiException.parameter("pageToken", "must be the nextPageToken of the page before");
        }
        return Long.valueOf(pageToken);
    }

    private static @Nullable Instant time(@Nullable String text) {
        try {
            Instant time = text == null ? null : Instant.parse(text);
            if (time == null || (!time.isBefore(FIRST) && time.isBefore(END))) {
                return time;
            }
        } catch (DateTimeParseException notOne) {
            // Said below.
        }
        throw ApiException.parameter("since", "must be a time as 2026-01-02T03:04:05Z");
    }
}
