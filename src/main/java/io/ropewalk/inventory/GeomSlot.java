package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What there is of a desired geom.
 *
 * @param desired what should be there
 * @param absences the desired paths that are not there
 * @param leaving devices of removed paths that still drain
 */
record GeomSlot(DesiredGeom desired, Geom geom, GeomWatch watch, Map<String, Absence> absences, Set<String> leaving) {
    GeomSlot {
        absences = Collections.unmodifiableMap(new TreeMap<>(absences));
        leaving = Collections.unmodifiableSet(new TreeSet<>(leaving));
    }

    String name() {
        return desired.name();
    }

    /** Whether the geom has the path now, not only in wish. */
    boolean hasJoined(String device) {
        return desired.hasPath(device) && !absences.containsKey(device);
    }

    /** Every device that nobody else may have. */
    Set<String> held() {
        Set<String> held = new TreeSet<>(desired.devices());
        held.addAll(leaving);
        return held;
    }

    boolean holds(String device) {
        return desired.hasPath(device) || leaving.contains(device);
    }

    GeomSlot withDesired(DesiredGeom newDesired) {
        Map<String, Absence> kept = new TreeMap<>(absences);
        kept.keySet().removeIf(device -> !newDesired.hasPath(device));
        return new GeomSlot(newDesired, geom, watch, kept, leaving);
    }

    GeomSlot withAbsence(String device, Absence absence) {
        Map<String, Absence> more = new TreeMap<>(absences);
        more.put(device, absence);
        return new GeomSlot(desired, geom, watch, more, leaving);
    }

    GeomSlot withoutAbsence(String device) {
        Map<String, Absence> fewer = new TreeMap<>(absences);
        fewer.remove(device);
        return new GeomSlot(desired, geom, watch, fewer, leaving);
    }

    GeomSlot withLeaving(String device) {
        Set<String> more = new TreeSet<>(leaving);
        more.add(device);
        return new GeomSlot(desired, geom, watch, absences, more);
    }

    GeomSlot withoutLeaving(String device) {
        Set<String> fewer = new TreeSet<>(leaving);
        fewer.remove(device);
        return new GeomSlot(desired, geom, watch, absences, fewer);
    }
}
