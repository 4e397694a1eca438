package io.ropewalk.api;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The service itself. */
@RestController
@RequestMapping(path = Api.BASE + "/system", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.SYSTEM_TAG)
class SystemController {
    private final SystemInfo info;

    SystemController(SystemInfo info) {
        this.info = info;
    }

    @GetMapping
    @Operation(operationId = "getSystem", summary = "Version, features and limits of the service")
    SystemInfo get() {
        return info;
    }
}
