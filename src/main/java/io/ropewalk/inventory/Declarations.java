package io.ropewalk.inventory;

import io.ropewalk.engine.GeomType;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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

    /** Declared geoms that could not be made so far, and why. Any thread. */
    private final Map<String, String> unmade = new ConcurrentHashMap<>();

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
        Map<String, DesiredDevice> existing = ledger.world().desired().devices();
        Map<String, String> nameByUri = new HashMap<>();
        existing.values().forEach(device -> nameByUri.put(device.uri(), device.name()));
        Map<String, DesiredDevice> named = name(deviceSpecs, existing, nameByUri);
        requireSound(geomSpecs, existing, named);
        devices.declare(named.values().stream()
                .filter(declared -> isMissing(declared, existing, nameByUri))
                .toList());
    }

    /** The declared devices by name, in their order. */
    private Map<String, DesiredDevice> name(
            List<DeviceSpec> specs, Map<String, DesiredDevice> existing, Map<String, String> nameByUri) {
        Map<String, DesiredDevice> named = new LinkedHashMap<>();
        Map<String, String> declaredByUri = new HashMap<>();
        for (DeviceSpec spec : specs) {
            URI uri = factories.normalize(spec.uri());
            String known = nameByUri.get(uri.toString());
            String name = nameFor(spec, uri, known, taken -> named.containsKey(taken) || existing.containsKey(taken));
            if (named.put(name, new DesiredDevice(name, uri.toString())) != null) {
                throw Refusals.deviceExists(name);
            }
            String sameUri = declaredByUri.put(uri.toString(), name);
            if (sameUri != null) {
                throw Refusals.uriExists(sameUri, uri.toString());
            }
        }
        return named;
    }

    private static String nameFor(DeviceSpec spec, URI uri, @Nullable String known, Predicate<String> taken) {
        if (spec.name() == null) {
            return known == null ? Names.derive(uri, taken) : known;
        }
        Devices.requireLegal(spec.name());
        return spec.name();
    }

    private static void requireSound(
            List<GeomSpec> specs, Map<String, DesiredDevice> existing, Map<String, DesiredDevice> declared) {
        for (GeomSpec spec : specs) {
            GeomRules.requireSound(spec);
            for (String path : spec.paths()) {
                if (!existing.containsKey(path) && !declared.containsKey(path)) {
                    throw Refusals.deviceNotFound(path);
                }
            }
        }
    }

    private static boolean isMissing(
            DesiredDevice declared, Map<String, DesiredDevice> existing, Map<String, String> nameByUri) {
        DesiredDevice sameName = existing.get(declared.name());
        String sameUri = nameByUri.get(declared.uri());
        if (sameName != null && !sameName.uri().equals(declared.uri())) {
            LOG.warn("Device {} is declared as {} but is {}", declared.name(), declared.uri(), sameName.uri());
        } else if (sameName == null && sameUri != null) {
            LOG.warn("Device {} is declared as {} but that is device {}", declared.name(), declared.uri(), sameUri);
        }
        return sameName == null && sameUri == null;
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
            unmade.remove(spec.name());
        } catch (InventoryException e) {
            unmade.put(spec.name(), e.detail());
            if (e.problem() == Problem.DEVICE_UNREACHABLE) {
                LOG.warn("Declared geom {} waits for its first device: {}", spec.name(), e.detail());
                topology.post(() -> waiting.add(spec));
            } else {
                LOG.error("Declared geom {} is not created: {} {}", spec.name(), e.detail(), e.correction());
            }
        }
    }

    /** What is declared and does not exist, whether it waits for its first device or was refused, and why. Any thread. */
    Map<String, String> unmade() {
        Map<String, DesiredGeom> existing = ledger.world().desired().geoms();
        Map<String, String> missing = new TreeMap<>(unmade);
        missing.keySet().removeAll(existing.keySet());
        return missing;
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
