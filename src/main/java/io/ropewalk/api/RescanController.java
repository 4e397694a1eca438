package io.ropewalk.api;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The verb of all devices at once; its colon follows the collection's name, which a nested mapping cannot say. */
@RestController
@RequestMapping(path = Api.BASE, produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = Api.DEVICES_TAG)
class RescanController {
    private final Inventory inventory;

    RescanController(Inventory inventory) {
        this.inventory = inventory;
    }

    @PostMapping("/devices:rescan")
    @Operation(
            operationId = "rescanDevices",
            summary = "Look for devices that came or went, and taste those without geom",
            description = "What operators removed or stopped stays so.")
    TasteJson.Listing rescan(Terms terms) {
        return new TasteJson.Listing(
                inventory.rescan(terms).stream().map(TasteJson::of).toList());
    }
}
