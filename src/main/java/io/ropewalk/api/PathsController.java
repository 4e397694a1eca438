package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.CAPABILITY_MISMATCH;
import static io.ropewalk.api.ProblemCode.DEVICE_IN_USE;
import static io.ropewalk.api.ProblemCode.DEVICE_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.DEVICE_UNREACHABLE;
import static io.ropewalk.api.ProblemCode.GEOM_IN_USE;
import static io.ropewalk.api.ProblemCode.GEOM_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.LAST_PATH;
import static io.ropewalk.api.ProblemCode.PATH_IN_USE;
import static io.ropewalk.api.ProblemCode.PATH_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.PATH_NOT_USABLE;
import static io.ropewalk.api.ProblemCode.PATH_UNFLUSHED;
import static io.ropewalk.api.ProblemCode.SECTOR_SIZE_MISMATCH;
import static io.ropewalk.api.ProblemCode.SIZE_MISMATCH;
import static io.ropewalk.api.ProblemCode.STALE_ETAG;
import static io.ropewalk.api.ProblemCode.TOO_MANY_PATHS;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.PathAdded;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The paths of a geom and their verbs. A path goes by the name of the device that it opens. */
@RestController
@RequestMapping(path = Api.BASE + "/geoms/" + Api.GEOM + "/paths", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.PATHS_TAG)
class PathsController {
    private final Inventory inventory;

    PathsController(Inventory inventory) {
        this.inventory = inventory;
    }

    @GetMapping
    @Operation(operationId = "listPaths", summary = "The paths of a geom, in the order they were added")
    @Refusals(GEOM_NOT_FOUND)
    PathJson.Listing list(@PathVariable String geom) {
        return new PathJson.Listing(
                inventory.paths(geom).stream().map(PathJson::of).toList(), null);
    }

    @GetMapping("/" + Api.DEVICE)
    @Operation(operationId = "getPath", summary = "One path")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND})
    PathJson get(@PathVariable String geom, @PathVariable String device) {
        return PathJson.of(inventory.path(geom, device));
    }

    @GetMapping("/" + Api.DEVICE + "/explain")
    @Operation(
            operationId = "explainPath",
            summary = "Why a path is as it is",
            description = "Why it serves what it serves now, and the latest decisions about it: when it was chosen,"
                    + " failed, held back, restored, and what led to that.")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND})
    PathExplanationJson explain(@PathVariable String geom, @PathVariable String device) {
        return PathExplanationJson.of(inventory.explainPath(geom, device));
    }

    @PutMapping("/" + Api.DEVICE)
    @Operation(
            operationId = "addPath",
            summary = "Add a registered device as a path",
            description = "The device must agree with the geom in size and sector size, and do all that the geom has"
                    + " promised to its clients.")
    @ApiResponse(responseCode = "200", description = "It is a path already.", useReturnTypeSchema = true)
    @ApiResponse(responseCode = "201", description = "It is a path now.", useReturnTypeSchema = true)
    @Refusals({
        GEOM_NOT_FOUND,
        DEVICE_NOT_FOUND,
        DEVICE_IN_USE,
        DEVICE_UNREACHABLE,
        SIZE_MISMATCH,
        SECTOR_SIZE_MISMATCH,
        CAPABILITY_MISMATCH,
        TOO_MANY_PATHS,
        STALE_ETAG
    })
    ResponseEntity<PathJson> add(@PathVariable String geom, @PathVariable String device, Terms terms) {
        PathAdded result = inventory.addPath(geom, device, terms);
        PathJson path = PathJson.of(result.path());
        return result.added() && !terms.dryRun()
                ? ResponseEntity.created(URI.create(Api.BASE + "/geoms/" + geom + "/paths/" + device))
                        .body(path)
                : ResponseEntity.ok(path);
    }

    @DeleteMapping("/" + Api.DEVICE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "removePath",
            summary = "Take a path out of its geom",
            description =
                    "Answers when nothing is in flight on it any more. The device stays registered. It is not flushed"
                            + " first, so drain it before.")
    @ApiResponse(responseCode = "204", description = "It is no path any more.")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND, LAST_PATH, GEOM_IN_USE, STALE_ETAG})
    void remove(
            @PathVariable String geom,
            @PathVariable String device,
            @Parameter(description = "What to do when it is the geom's only path.")
                    @RequestParam(defaultValue = "refuse")
                    WhenLast lastPath,
            Terms terms) {
        inventory.removePath(geom, device, lastPath.lastPath(), terms);
    }

    @PostMapping("/" + Api.DEVICE + ":fail")
    @Operation(
            operationId = "failPath",
            summary = "Take a path out of use",
            description =
                    "It stays out, over restarts too, until it is restored here or every other path has failed. It is"
                            + " not flushed first: with `cache` PER_PATH clients may be told of a loss, by an error of their next"
                            + " FLUSH. For maintenance use `:drain`.")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND, STALE_ETAG})
    PathJson fail(
            @PathVariable String geom,
            @PathVariable String device,
            @Valid @RequestBody(required = false) @Nullable Reason reason,
            Terms terms) {
        return PathJson.of(inventory.failPath(geom, device, Reason.of(reason), terms));
    }

    @PostMapping("/" + Api.DEVICE + ":drain")
    @Operation(
            operationId = "drainPath",
            summary = "Take a path out of use, and wait until it is idle and flushed",
            description =
                    "For maintenance: as `:fail`, and answers when nothing is in flight on it any more and what it has"
                            + " acknowledged is flushed there, so that no client sees an error. Where that FLUSH fails the path is"
                            + " out of use all the same, and the answer is `path-unflushed`. Until it is"
                            + " restored only its checks read from it now and then. The last usable path is not drained unless"
                            + " `force` says so; then those that have failed are tried again. The answer shows the path as it is"
                            + " then.")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND, PATH_IN_USE, LAST_PATH, PATH_UNFLUSHED, STALE_ETAG})
    PathJson drain(
            @PathVariable String geom,
            @PathVariable String device,
            @Parameter(description = "Even if every other path has failed.") @RequestParam(defaultValue = "false")
                    boolean force,
            @Valid @RequestBody(required = false) @Nullable Reason reason,
            Terms terms) {
        return PathJson.of(inventory.drainPath(geom, device, Reason.of(reason), force, terms));
    }

    @PostMapping("/" + Api.DEVICE + ":restore")
    @Operation(
            operationId = "restorePath",
            summary = "Take a failed path into use again",
            description = "The active path stays the active one.")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND, STALE_ETAG})
    PathJson restore(
            @PathVariable String geom,
            @PathVariable String device,
            @Valid @RequestBody(required = false) @Nullable Reason reason,
            Terms terms) {
        return PathJson.of(inventory.restorePath(geom, device, Reason.of(reason), terms));
    }

    @PostMapping("/" + Api.DEVICE + ":prefer")
    @Operation(operationId = "preferPath", summary = "Make a path the active one")
    @Refusals({GEOM_NOT_FOUND, PATH_NOT_FOUND, PATH_NOT_USABLE, STALE_ETAG})
    PathJson prefer(
            @PathVariable String geom,
            @PathVariable String device,
            @Valid @RequestBody(required = false) @Nullable Reason reason,
            Terms terms) {
        return PathJson.of(inventory.preferPath(geom, device, Reason.of(reason), terms));
    }
}
