package io.ropewalk.config;

import io.ropewalk.inventory.ExportedDevice;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdExports;
import io.ropewalk.nbd.NbdPeer;
import java.util.List;
import java.util.Optional;

/** The inventory's exports, for the NBD server. */
final class InventoryExports implements NbdExports {
    private final Inventory inventory;

    InventoryExports(Inventory inventory) {
        this.inventory = inventory;
    }

    @Override
    public List<NbdExport> list(NbdPeer peer) {
        return inventory.exportedDevices().stream()
                .filter(export -> mayUse(export, peer))
                .map(InventoryExports::toNbd)
                .toList();
    }

    @Override
    public Optional<NbdExport> find(String name, NbdPeer peer) {
        return inventory.findExport(name).filter(export -> mayUse(export, peer)).map(InventoryExports::toNbd);
    }

    private static boolean mayUse(ExportedDevice export, NbdPeer peer) {
        return AllowedClients.allow(export.allowedClients(), peer.host());
    }

    private static NbdExport toNbd(ExportedDevice export) {
        return new NbdExport(
                export.name(),
                export.device(),
                export.readOnly(),
                "geom " + export.device().name());
    }
}
