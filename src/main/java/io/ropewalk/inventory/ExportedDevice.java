package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import java.util.List;

/**
 * Something to serve.
 *
 * @param name by which clients ask for it
 * @param allowedClients addresses or networks that may connect; empty for all
 */
public record ExportedDevice(String name, BlockDevice device, boolean readOnly, List<String> allowedClients) {
    public ExportedDevice {
        allowedClients = List.copyOf(allowedClients);
    }
}
