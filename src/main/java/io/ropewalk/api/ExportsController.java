package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.EXPORT_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.SESSION_NOT_FOUND;

import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** What NBD clients can connect to, and who is connected. */
@RestController
@RequestMapping(path = Api.BASE + "/exports", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.EXPORTS_TAG)
class ExportsController {
    private final Inventory inventory;

    ExportsController(Inventory inventory) {
        this.inventory = inventory;
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
