package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.OPERATION_NOT_FOUND;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Changes that take longer than their callers wanted to wait. */
@RestController
@RequestMapping(path = Api.BASE + "/operations", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.OPERATIONS_TAG)
class OperationsController {
    private final Operations operations;

    OperationsController(Operations operations) {
        this.operations = operations;
    }

    @GetMapping
    @Operation(
            operationId = "listOperations",
            summary = "Changes that run, or ended within the hour, the oldest first",
            description = "Only those that were answered with 202.")
    OperationJson.Listing list() {
        return new OperationJson.Listing(operations.list(), null);
    }

    @GetMapping("/" + Api.OPERATION)
    @Operation(operationId = "getOperation", summary = "How far a change is")
    @Refusals(OPERATION_NOT_FOUND)
    OperationJson get(@PathVariable String operation) {
        return operations.get(operation);
    }
}
