package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.DEVICE_IN_USE;
import static io.ropewalk.api.ProblemCode.DEVICE_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.DEVICE_UNREACHABLE;
import static io.ropewalk.api.ProblemCode.EXPORT_EXISTS;
import static io.ropewalk.api.ProblemCode.FOREIGN_DATA;
import static io.ropewalk.api.ProblemCode.GEOM_EXISTS;
import static io.ropewalk.api.ProblemCode.GEOM_IN_USE;
import static io.ropewalk.api.ProblemCode.GEOM_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.INVALID_NAME;
import static io.ropewalk.api.ProblemCode.INVALID_VALUE;
import static io.ropewalk.api.ProblemCode.LABEL_MISMATCH;
import static io.ropewalk.api.ProblemCode.LABEL_NOT_WRITTEN;
import static io.ropewalk.api.ProblemCode.NO_USABLE_PATH;
import static io.ropewalk.api.ProblemCode.PATH_EXISTS;
import static io.ropewalk.api.ProblemCode.READ_ONLY;
import static io.ropewalk.api.ProblemCode.SECTOR_SIZE_MISMATCH;
import static io.ropewalk.api.ProblemCode.SIZE_MISMATCH;
import static io.ropewalk.api.ProblemCode.STALE_ETAG;
import static io.ropewalk.api.ProblemCode.TOO_MANY_PATHS;
import static io.ropewalk.api.ProblemCode.UNSUITABLE_DEVICE;

import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSettings;
import io.ropewalk.inventory.GeomView;
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
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The multipath devices and their verbs. */
@RestController
@RequestMapping(path = Api.BASE + "/geoms", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.GEOMS_TAG)
class GeomsController {
    static final String MERGE_PATCH_JSON = "application/merge-patch+json";
    static final MediaType MERGE_PATCH = MediaType.valueOf(MERGE_PATCH_JSON);

    private final Inventory inventory;
    private final JsonMapper json;

    GeomsController(Inventory inventory, JsonMapper json) {
        this.inventory = inventory;
        this.json = json;
    }

    @GetMapping
    @Operation(operationId = "listGeoms", summary = "Every geom, by name")
    GeomJson.Listing list(
            @Parameter(description = "Only geoms in one of these states; all when left out.")
                    @RequestParam(required = false)
                    @Nullable Set<GeomState> state,
            @Parameter(description = "basic: without paths, policies and export.") @RequestParam(defaultValue = "full")
                    View view,
            @Parameter(description = Docs.PAGE_SIZE)
                    @RequestParam(defaultValue = "" + Page.USUAL_SIZE)
                    @Min(value = 1, message = "must be 1 to 1000") @Max(value = Page.LARGEST_SIZE, message = "must be 1 to 1000") int pageSize,
            @Parameter(description = Docs.PAGE_TOKEN) @RequestParam(required = false) @Nullable String pageToken) {
        List<GeomView> geoms = inventory.geoms().stream()
                .filter(geom -> state == null || state.isEmpty() || state.contains(geom.state()))
                .toList();
        Page<GeomJson> page =
                Page.of(geoms, GeomView::name, pageSize, pageToken).map(geom -> GeomJson.of(geom, view));
        return new GeomJson.Listing(page.items(), page.nextPageToken());
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "createGeom",
            summary = "Make a geom of devices that lead to one disk",
            description = "All or nothing: the devices must answer and agree in size and sector size. It is exported"
                    + " under its own name at once. An AUTOMATIC geom has its label written through the first device"
                    + " and read back through every other; one that does not show it leads to another disk.")
    @ApiResponse(responseCode = "200", description = "With dryRun: it could be made.", useReturnTypeSchema = true)
    @ApiResponse(responseCode = "201", description = "It runs.", useReturnTypeSchema = true)
    @Refusals({
        INVALID_NAME,
        INVALID_VALUE,
        READ_ONLY,
        GEOM_EXISTS,
        EXPORT_EXISTS,
        PATH_EXISTS,
        DEVICE_NOT_FOUND,
        DEVICE_IN_USE,
        DEVICE_UNREACHABLE,
        SIZE_MISMATCH,
        SECTOR_SIZE_MISMATCH,
        TOO_MANY_PATHS,
        UNSUITABLE_DEVICE,
        FOREIGN_DATA,
        LABEL_MISMATCH,
        LABEL_NOT_WRITTEN
    })
    ResponseEntity<GeomJson> create(
            @Valid @RequestBody NewGeom geom,
            @Parameter(description = "Write the label of an AUTOMATIC geom over whatever the end of the disk holds.")
                    @RequestParam(defaultValue = "false")
                    boolean force,
            Terms terms) {
        GeomJson created = GeomJson.of(inventory.createGeom(geom.spec(inventory.defaultPolicies()), force, terms));
        return terms.dryRun()
                ? ResponseEntity.ok(created)
                : ResponseEntity.created(URI.create(Api.BASE + "/geoms/" + created.name()))
                        .body(created);
    }

    @GetMapping("/" + Api.GEOM)
    @Operation(operationId = "getGeom", summary = "One geom")
    @Refusals(GEOM_NOT_FOUND)
    GeomJson get(@PathVariable String geom) {
        return GeomJson.of(inventory.geom(geom));
    }

    @PatchMapping(
            path = "/" + Api.GEOM,
            consumes = {MERGE_PATCH_JSON, MediaType.APPLICATION_JSON_VALUE})
    @Operation(
            operationId = "configureGeom",
            summary = "Change mode and policies",
            description = "For what comes; what is in flight goes on as it began.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MERGE_PATCH_JSON,
                                            schema = @Schema(implementation = GeomPatch.class))))
    @Refusals({GEOM_NOT_FOUND, INVALID_VALUE, LABEL_NOT_WRITTEN, STALE_ETAG})
    GeomJson configure(@PathVariable String geom, @RequestBody ObjectNode patch, Terms terms) {
        Policies defaults = inventory.defaultPolicies();
        GeomView now = inventory.geom(geom);
        // What is wrong with the patch itself is said here, member by member; the inventory applies it again.
        GeomPatch.apply(patch, new GeomSettings(now.mode(), now.policies()), defaults, json);
        return GeomJson.of(
                inventory.configureGeom(geom, settings -> GeomPatch.apply(patch, settings, defaults, json), terms));
    }

    @DeleteMapping("/" + Api.GEOM)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "destroyGeom",
            summary = "End a geom and forget it",
            description = "Stopped ones too. The label of an AUTOMATIC geom is erased, if it is its own; all else on"
                    + " the disk stays.")
    @ApiResponse(responseCode = "204", description = "It is forgotten.")
    @Refusals({GEOM_NOT_FOUND, GEOM_IN_USE, LABEL_NOT_WRITTEN, STALE_ETAG})
    void destroy(
            @PathVariable String geom,
            @Parameter(description = "Even while sessions are open on it.") @RequestParam(defaultValue = "false")
                    boolean force,
            Terms terms) {
        inventory.destroyGeom(geom, force, terms);
    }

    @PostMapping("/" + Api.GEOM + ":stop")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "stopGeom",
            summary = "End a geom, remembering that it was stopped",
            description =
                    "What is in flight is finished, sessions end, its name and devices are free. Whoever uses the disk from"
                            + " then on finds no change of this geom landing on it: one that was given up on a silent path is"
                            + " waited for, up to `quiesce`. It stays stopped over restarts until it is made anew.")
    @ApiResponse(responseCode = "204", description = "It is stopped.")
    @Refusals({GEOM_NOT_FOUND, STALE_ETAG})
    void stop(@PathVariable String geom, Terms terms) {
        inventory.stopGeom(geom, terms);
    }

    @PostMapping("/" + Api.GEOM + ":rotate")
    @Operation(operationId = "rotateGeom", summary = "Make the next usable path the active one")
    @Refusals({GEOM_NOT_FOUND, NO_USABLE_PATH, STALE_ETAG})
    GeomJson rotate(@PathVariable String geom, Terms terms) {
        return GeomJson.of(inventory.rotateGeom(geom, terms));
    }

    @GetMapping("/" + Api.GEOM + "/active")
    @Operation(operationId = "getActivePaths", summary = "The paths that serve now")
    @Refusals(GEOM_NOT_FOUND)
    PathJson.Active active(@PathVariable String geom) {
        return new PathJson.Active(inventory.activePaths(geom));
    }
}
