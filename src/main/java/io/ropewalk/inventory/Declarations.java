package io.ropewalk.inventory;

import io.ropewalk.engine.GeomType;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the configuration declares: made when it is missing, never changed or removed. On the topology thread only.
 */
final class Declarations implements InventoryListener {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    static final Terms TERMS = Terms.NONE.withActor("configuration");

    private final Ledger ledger;
    private final Topology topology;
    private final Factories factories;
    private final Devices devices;
    private final Geoms geoms;
    private final LabelVerbs labels;

    /** Declared geoms none of whose devices has opened yet, so that nobody knows their size. */
    private final List<GeomSpec> waiting = new ArrayList<>();

    Declarations(
            Ledger ledger, Topology topology, Factories factories, Devices devices, Geoms geoms, LabelVerbs labels) {
        this.ledger = ledger;
        this.topology = topology;
        this.factories = factories;
        this.devices = devices;
        this.geoms = geoms;
        this.labels = labels;
    }

    /** Checks everything that can be wrong in itself, then declares the devices. Nothing is declared when it throws. */
    void declareDevices(List<DeviceSpec> deviceSpecs, List<GeomSpec> geomSpecs) {
        List<DesiredDevice> named = name(deviceSpecs);
        requireSound(geomSpecs, named);
        for (DesiredDevice desired : named) {
            declareDevice(desired);
        }
    }

    private List<DesiredDevice> name(List<DeviceSpec> specs) {
        Map<String, DesiredDevice> byName = new HashMap<>();
        List<DesiredDevice> named = new ArrayList<>();
        for (DeviceSpec spec : specs) {
            URI uri = factories.normalize(spec.uri());
            DesiredDevice device = new DesiredDevice(nameFor(spec, uri, byName), uri.toString());
            requireNew(device, named);
            byName.put(device.name(), device);
            named.add(device);
        }
        return named;
    }

    private String nameFor(DeviceSpec spec, URI uri, Map<String, DesiredDevice> declared) {
        if (spec.name() != null) {
            Devices.requireLegal(spec.name());
            return spec.name();
        }
        Map<String, DesiredDevice> existing = ledger.world().desired().devices();
        return findByUri(uri.toString())
                .map(DesiredDevice::name)
                .orElseGet(() -> Names.derive(uri, name -> declared.containsKey(name) || existing.containsKey(name)));
    }

    private static void requireNew(DesiredDevice device, List<DesiredDevice> declared) {
        for (DesiredDevice other : declared) {
            if (other.name().equals(device.name())) {
                throw Refusals.deviceExists(device.name());
            }
            if (other.uri().equals(device.uri())) {
                throw Refusals.uriExists(other.name(), other.uri());
            }
        }
    }

    private void requireSound(List<GeomSpec> specs, List<DesiredDevice> declared) {
        Map<String, DesiredDevice> existing = ledger.world().desired().devices();
        for (GeomSpec spec : specs) {
            GeomRules.requireSound(spec);
            for (String path : spec.paths()) {
                boolean known = existing.containsKey(path)
                        || declared.stream().anyMatch(device -> device.name().equals(path));
                if (!known) {
                    throw Refusals.deviceNotFound(path);
                }
            }
        }
    }

    private void declareDevice(DesiredDevice declared) {
        DesiredDevice existing = ledger.world().desired().devices().get(declared.name());
        Optional<DesiredDevice> sameUri = findByUri(declared.uri());
        if (existing != null && !existing.uri().equals(declared.uri())) {
            LOG.warn("Device {} is declared as {} but is {}", declared.name(), declared.uri(), existing.uri());
        } else if (existing == null && sameUri.isPresent()) {
            LOG.warn(
                    "Device {} is declared as {} but that is device {}",
                    declared.name(),
                    declared.uri(),
                    sameUri.get().name());
        } else if (existing == null) {
            devices.declare(declared);
        }
    }

    private Optional<DesiredDevice> findByUri(String uri) {
        return ledger.world().desired().devices().values().stream()
                .filter(device -> device.uri().equals(uri))
                .findFirst();
    }

    /**
     * Makes the geoms that are missing; one that cannot be made is logged and does not hinder the others.
     *
     * @return those that need a label, to be given to {@link #label} on another thread
     */
    List<GeomSpec> declareGeoms(List<GeomSpec> specs) {
        List<GeomSpec> toLabel = new ArrayList<>();
        for (GeomSpec spec : specs) {
            DesiredGeom existing = ledger.world().desired().geoms().get(spec.name());
            if (existing != null) {
                tellDifferences(spec, existing);
            } else if (spec.type() == GeomType.AUTOMATIC) {
                toLabel.add(spec);
            } else {
                tryToCreate(spec, () -> geoms.create(spec, true, TERMS));
            }
        }
        return toLabel;
    }

    /** Labels the disk of a declared geom, unless it has come up by its label meanwhile. Not on the topology thread. */
    void label(GeomSpec spec) {
        if (!ledger.world().desired().geoms().containsKey(spec.name())) {
            tryToCreate(spec, () -> labels.create(spec, false, true, TERMS));
        }
    }

    private void tryToCreate(GeomSpec spec, Supplier<GeomView> creation) {
        try {
            new VerbContext(TERMS.actor(), null, null, null).call(creation);
        } catch (InventoryException e) {
            if (e.problem() == Problem.DEVICE_UNREACHABLE) {
                LOG.warn("Declared geom {} waits for its first device: {}", spec.name(), e.detail());
                topology.post(() -> waiting.add(spec));
            } else {
                LOG.error("Declared geom {} is not created: {} {}", spec.name(), e.detail(), e.correction());
            }
        }
    }

    @Override
    public void onDeviceOpened(String device) {
        List<GeomSpec> possible =
                waiting.stream().filter(spec -> spec.paths().contains(device)).toList();
        waiting.removeAll(possible);
        for (GeomSpec spec : declareGeoms(possible)) {
            Thread.ofVirtual().name("label-" + spec.name()).start(() -> label(spec));
        }
    }

    private static void tellDifferences(GeomSpec spec, DesiredGeom existing) {
        if (existing.stopped()) {
            LOG.info("Declared geom {} was stopped and stays so until it is created again", spec.name());
            return;
        }
        tellDifference(spec, "mode", spec.mode(), existing.mode());
        tellDifference(spec, "policies", spec.policies(), existing.policies());
        tellDifference(spec, "paths", spec.paths(), existing.devices());
    }

    private static void tellDifference(GeomSpec spec, String what, Object declared, Object existing) {
        if (!Objects.equals(declared, existing)) {
            LOG.warn("Geom {} is declared with {} {} but has {}, which stays", spec.name(), what, declared, existing);
        }
    }
}
