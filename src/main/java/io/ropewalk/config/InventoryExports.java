package io.ropewalk.config;

import io.ropewalk.inventory.ExportedDevice;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdExports;
import io.ropewalk.nbd.NbdPeer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The inventory's exports, for the NBD server. */
final class InventoryExports implements NbdExports {
    private final Inventory inventory;
    private final Map<String, Set<String>> allowedCertificates;

    /** @param allowedCertificates by export; an export that is not in it asks for no certificate */
    InventoryExports(Inventory inventory, Map<String, Set<String>> allowedCertificates) {
        this.inventory = inventory;
        this.allowedCertificates = allowedCertificates;
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

    /** A process of this machine on a Unix socket always may, as far as the socket's permissions let it. */
    private boolean mayUse(ExportedDevice export, NbdPeer peer) {
        Set<String> certificates = allowedCertificates.get(export.name());
        boolean known = certificates == null
                || peer.host() == null
                || peer.certificateNames().stream().anyMatch(certificates::contains);
        return known && AllowedClients.allow(export.allowedClients(), peer.host());
    }

    private static NbdExport toNbd(ExportedDevice export) {
        return new NbdExport(
                export.name(),
                export.device(),
                export.readOnly(),
                "geom " + export.device().name());
    }
}
