package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.DEVICE_EXISTS;
import static io.ropewalk.api.ProblemCode.DEVICE_IN_USE;
import static io.ropewalk.api.ProblemCode.DEVICE_NOT_FOUND;
import static io.ropewalk.api.ProblemCode.DEVICE_UNREACHABLE;
import static io.ropewalk.api.ProblemCode.INVALID_NAME;
import static io.ropewalk.api.ProblemCode.INVALID_URI;
import static io.ropewalk.api.ProblemCode.LABEL_NOT_WRITTEN;
import static io.ropewalk.api.ProblemCode.NOT_ALLOWED;
import static io.ropewalk.api.ProblemCode.NO_LABEL;
import static io.ropewalk.api.ProblemCode.READ_ONLY;
import static io.ropewalk.api.ProblemCode.UNSUITABLE_DEVICE;

import io.ropewalk.inventory.DeviceView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The backends that paths open. */
@RestController
@RequestMapping(path = Api.BASE + "/devices", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.DEVICES_TAG)
class DevicesController {
    private final Inventory inventory;

    DevicesController(Inventory inventory) {
        this.inventory = inventory;
    }

    @GetMapping
    @Operation(operationId = "listDevices", summary = "Every registered device, by name")
    DeviceJson.Listing list(
            @Parameter(description = Docs.PAGE_SIZE)
                    @RequestParam(defaultValue = "" + Page.USUAL_SIZE)
                    @Min(value = 1, message = "must be 1 to 1000") @Max(value = Page.LARGEST_SIZE, message = "must be 1 to 1000") int pageSize,
            @Parameter(description = Docs.PAGE_TOKEN) @RequestParam(required = false) @Nullable String pageToken) {
        Page<DeviceJson> page = Page.of(inventory.devices(), DeviceView::name, pageSize, pageToken)
                .map(DeviceJson::of);
        return new DeviceJson.Listing(page.items(), page.nextPageToken());
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "registerDevice",
            summary = "Open a device and register it",
            description = "The device must answer now; later it may come and go. Nothing is written to it.")
    @ApiResponse(responseCode = "200", description = "With dryRun: it could be registered.", useReturnTypeSchema = true)
    @ApiResponse(responseCode = "201", description = "It is registered.", useReturnTypeSchema = true)
    @Refusals({
        INVALID_NAME,
        INVALID_URI,
        DEVICE_EXISTS,
        DEVICE_IN_USE,
        DEVICE_UNREACHABLE,
        UNSUITABLE_DEVICE,
        NOT_ALLOWED
    })
    ResponseEntity<DeviceJson> register(@Valid @RequestBody NewDevice device, Terms terms) {
        DeviceJson registered = DeviceJson.of(inventory.registerDevice(device.spec(), terms));
        return terms.dryRun()
                ? ResponseEntity.ok(registered)
                : ResponseEntity.created(URI.create(Api.BASE + "/devices/" + registered.name()))
                        .body(registered);
    }

    @GetMapping("/" + Api.DEVICE)
    @Operation(operationId = "getDevice", summary = "One device")
    @Refusals(DEVICE_NOT_FOUND)
    DeviceJson get(@PathVariable String device) {
        return DeviceJson.of(inventory.device(device));
    }

    @DeleteMapping("/" + Api.DEVICE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "removeDevice",
            summary = "Close a device and forget it",
            description = "Not while it is a path of a geom.")
    @ApiResponse(responseCode = "204", description = "It is forgotten.")
    @Refusals({DEVICE_NOT_FOUND, DEVICE_IN_USE})
    void remove(@PathVariable String device, Terms terms) {
        inventory.removeDevice(device, terms);
    }

    @PostMapping("/" + Api.DEVICE + ":taste")
    @Operation(
            operationId = "tasteDevice",
            summary = "Look for a label and do what it says",
            description = "The device joins the geom that its label names, or that geom is made. What an operator had"
                    + " removed or stopped comes back: it was asked for. With dryRun it is only said.")
    @Refusals({DEVICE_NOT_FOUND, DEVICE_UNREACHABLE})
    TasteJson taste(@PathVariable String device, Terms terms) {
        return TasteJson.of(inventory.tasteDevice(device, terms));
    }

    @PostMapping("/" + Api.DEVICE + ":resize")
    @Operation(
            operationId = "resizeDevice",
            summary = "Ask the device for its size, and have its geom follow",
            description =
                    "A geom grows when all its paths have grown. A path that alone reports another size is failed.")
    @Refusals({DEVICE_NOT_FOUND, DEVICE_UNREACHABLE})
    DeviceJson resize(@PathVariable String device, Terms terms) {
        return DeviceJson.of(inventory.resizeDevice(device, terms));
    }

    @GetMapping("/" + Api.DEVICE + "/label")
    @Operation(operationId = "getLabel", summary = "The label in the device's last sector")
    @Refusals({DEVICE_NOT_FOUND, DEVICE_UNREACHABLE, NO_LABEL})
    LabelJson label(@PathVariable String device) {
        return LabelJson.of(inventory.label(device));
    }

    @DeleteMapping("/" + Api.DEVICE + "/label")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "clearLabel",
            summary = "Erase the device's label, whatever it says",
            description = "Only a label is erased, and not while a geom depends on it.")
    @ApiResponse(responseCode = "204", description = "It is erased.")
    @Refusals({DEVICE_NOT_FOUND, DEVICE_UNREACHABLE, DEVICE_IN_USE, NO_LABEL, READ_ONLY, LABEL_NOT_WRITTEN})
    void clearLabel(@PathVariable String device, Terms terms) {
        inventory.clearLabel(device, terms);
    }
}
