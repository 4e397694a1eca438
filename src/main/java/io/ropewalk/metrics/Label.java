package io.ropewalk.metrics;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.metrics.ExportTraffic.TlsResult;
import io.ropewalk.metrics.PathCounters.CheckResult;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A label of a metric.
 *
 * @param name as Prometheus shows it
 * @param values all that it can be, in order; empty where they are open
 */
record Label(String name, Set<String> values) {
    static final Label GEOM = open("geom");
    static final Label PATH = open("path");
    static final Label EXPORT = open("export");
    static final Label MODE = of("mode", Mode.values());
    static final Label TYPE = of("type", GeomType.values());
    /** A geom that is starting or ending is in no scrape. */
    static final Label GEOM_STATE = of("state", GeomState.OPTIMAL, GeomState.DEGRADED, GeomState.BROKEN);

    static final Label PATH_STATE = of("state", PathState.values());
    static final Label OP = of("op", IoOp.values());
    static final Label ERROR = of("error", IoError.Kind.values());
    static final Label REASON = of("reason", FailReason.values());
    /** Why a request goes to another path; the other reasons are none of a request. */
    static final Label CAUSE =
            of("cause", FailReason.IO_ERROR, FailReason.TIMEOUT, FailReason.DISCONNECTED, FailReason.IDENTITY);

    static final Label TRIGGER = of("trigger", RestoreTrigger.values());
    static final Label RESULT = of("result", CheckResult.values());

    static final Label TLS_RESULT = of("result", TlsResult.values());

    Label {
        values = Collections.unmodifiableSet(new LinkedHashSet<>(values));
    }

    /** One that can be anything. */
    static Label open(String name) {
        return new Label(name, Set.of());
    }

    private static Label of(String name, Enum<?>... values) {
        return new Label(
                name, Stream.of(values).map(Scrape::word).collect(Collectors.toCollection(LinkedHashSet::new)));
    }
}
