package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.EXPORT_EXISTS;
import static io.ropewalk.api.ProblemCode.EXPORT_IN_USE;
import static io.ropewalk.api.ProblemCode.EXPORT_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.GEOM_EXISTS;
import static io.ropewalk.api.ProblemCode.GEOM_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.INVALID_NAME;
import static io.ropewalk.api.ProblemCode.PRECONDITION_REQUIRED;
import static io.ropewalk.api.ProblemCode.SESSION_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.STALE_ETAG;

import io.ropewalk.inventory.ExportPut;
import io.ropewalk.inventory.ExportSettings;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What NBD clients can connect to, and who is connected. */
@RestController
@RequestMapping(path = Api.BASE + "/exports", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.EXPORTS_TAG)
class ExportsController {
    /** Nobody loses by accident what somebody else has set. */
    private static final Consumer<ExportView> UNSEEN = export -> {
        throw new ApiException(
                ProblemCode.PRECONDITION_REQUIRED,
                "An export " + export.name() + " is there, and would be replaced.",
                "Read it, then send its ETag as If-Match, or * to replace whatever is there.",
                new Violation(HttpHeaders.IF_MATCH, "is missing"));
    };

    private static final Consumer<ExportView> SEEN = export -> {};

    private final Inventory inventory;
    private final JsonMapper json;

    ExportsController(Inventory inventory, JsonMapper json) {
        this.inventory = inventory;
        this.json = json;
    }

    @GetMapping
    @Operation(operationId = "listExports", summary = "Every export, by name")
    ExportJson.Listing list(
            @Parameter(description = Docs.PAGE_SIZE)
                    @RequestParam(defaultValue = "" + Page.USUAL_SIZE)
                    @Min(value = 1, message = "must be 1 to 1000") @Max(value = Page.LARGEST_SIZE, message = "must be 1 to 1000") int pageSize,
            @Parameter(description = Docs.PAGE_TOKEN) @RequestParam(required = false) @Nullable String pageToken) {
        Page<ExportJson> page = Page.of(inventory.exports(), ExportView::name, pageSize, pageToken)
                .map(ExportJson::of);
        return new ExportJson.Listing(page.items(), page.nextPageToken());
    }

    @GetMapping("/" + Api.EXPORT)
    @Operation(operationId = "getExport", summary = "One export")
    @Refusals(EXPORT_NOT_FOUND)
    ExportJson get(@PathVariable String export) {
        return ExportJson.of(inventory.export(export));
    }

    @PutMapping(path = "/" + Api.EXPORT, consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "putExport",
            summary = "Export a geom by a name, or set an export as a whole",
            description = "A geom is exported under its own name when it appears; it may have more. Sessions that the"
                    + " export allows no more end: those that could write when it becomes read-only, and those of clients"
                    + " that are not allowed. What is there already and differs is replaced only with If-Match: the ETag"
                    + " that was seen, or `*`.")
    @ApiResponse(
            responseCode = "200",
            description = "It is set; with dryRun: it could be made or set.",
            useReturnTypeSchema = true)
    @ApiResponse(responseCode = "201", description = "It is there.", useReturnTypeSchema = true)
    @Refusals({INVALID_NAME, GEOM_NOT_FOUND, GEOM_EXISTS, EXPORT_EXISTS, STALE_ETAG, PRECONDITION_REQUIRED})
    ResponseEntity<ExportJson> put(
            @PathVariable String export,
            @Valid @RequestBody NewExport settings,
            @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            Terms terms) {
        ExportPut put = inventory.putExport(
                export, settings.geom(), settings.settings(), ifMatch == null ? UNSEEN : SEEN, terms);
        ExportJson result = ExportJson.of(put.export());
        return put.created() && !terms.dryRun()
                ? ResponseEntity.created(URI.create(Api.BASE + "/exports/" + export))
                        .body(result)
                : ResponseEntity.ok(result);
    }

    @PatchMapping(
            path = "/" + Api.EXPORT,
            consumes = {GeomsController.MERGE_PATCH_JSON, MediaType.APPLICATION_JSON_VALUE})
    @Operation(
            operationId = "configureExport",
            summary = "Change who may connect, and whether to write",
            description = "Sessions that the export allows no more end.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = GeomsController.MERGE_PATCH_JSON,
                                            schema = @Schema(implementation = ExportPatch.class))))
    @Refusals({EXPORT_NOT_FOUND, STALE_ETAG})
    ExportJson configure(@PathVariable String export, @RequestBody ObjectNode patch, Terms terms) {
        ExportView now = inventory.export(export);
        // What is wrong with the patch itself is said here, member by member; the inventory applies it again.
        ExportPatch.apply(patch, ExportSettings.of(now), json);
        return ExportJson.of(
                inventory.configureExport(export, settings -> ExportPatch.apply(patch, settings, json), terms));
    }

    @DeleteMapping("/" + Api.EXPORT)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "deleteExport",
            summary = "Export a geom by this name no more",
            description = "The geom goes on. Its own name is not exported again until it is put here or the geom is"
                    + " made anew.")
    @ApiResponse(responseCode = "204", description = "It is gone.")
    @Refusals({EXPORT_NOT_FOUND, EXPORT_IN_USE, STALE_ETAG})
    void delete(
            @PathVariable String export,
            @Parameter(description = "Even while sessions are open on it; they end.")
                    @RequestParam(defaultValue = "false")
                    boolean force,
            Terms terms) {
        inventory.deleteExport(export, force, terms);
    }

    @GetMapping("/" + Api.EXPORT + "/sessions")
    @Operation(operationId = "listSessions", summary = "Who is connected, in the order they came")
    @Refusals(EXPORT_NOT_FOUND)
    ExportJson.Sessions sessions(@PathVariable String export) {
        return new ExportJson.Sessions(
                inventory.sessions(export).stream().map(ExportJson.Session::of).toList(), null);
    }

    @DeleteMapping("/" + Api.EXPORT + "/sessions/" + Api.SESSION)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "disconnectSession",
            summary = "Disconnect a client",
            description = "What it has in flight is not waited for; it may connect again.")
    @ApiResponse(responseCode = "204", description = "It is disconnected.")
    @Refusals({EXPORT_NOT_FOUND, SESSION_NOT_FOUND})
    void disconnect(@PathVariable String export, @PathVariable String id, Terms terms) {
        inventory.disconnectSession(export, id, terms);
    }
}
