package io.ropewalk.store;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Shape;
import io.ropewalk.inventory.DesiredDevice;
import io.ropewalk.inventory.DesiredExport;
import io.ropewalk.inventory.DesiredGeom;
import io.ropewalk.inventory.DesiredPath;
import io.ropewalk.inventory.DesiredState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/** Rows to records and back. */
final class Rows {
    private final JdbcClient jdbc;

    Rows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    // ---- from rows

    DesiredState load() {
        TreeMap<String, DesiredDevice> devices = new TreeMap<>();
        jdbc.sql("select name, uri, kept_out_of from device")
                .query((row, number) ->
                        new DesiredDevice(row.getString("name"), row.getString("uri"), row.getString("kept_out_of")))
                .list()
                .forEach(device -> devices.put(device.name(), device));
        long retired = jdbc.sql("select coalesce(max(generation), 0) from retired")
                .query(Long.class)
                .single();
        return new DesiredState(devices, geoms(), exports(), retired);
    }

    private TreeMap<String, DesiredGeom> geoms() {
        Map<String, List<DesiredPath>> paths = new HashMap<>();
        jdbc.sql("select geom, device, failed_why from geom_path order by geom, ordinal")
                .query(row -> {
                    paths.computeIfAbsent(row.getString("geom"), key -> new ArrayList<>())
                            .add(new DesiredPath(row.getString("device"), row.getString("failed_why")));
                });
        TreeMap<String, DesiredGeom> geoms = new TreeMap<>();
        jdbc.sql("select * from geom")
                .query((row, number) -> geom(row, paths.getOrDefault(row.getString("name"), List.of())))
                .list()
                .forEach(geom -> geoms.put(geom.name(), geom));
        return geoms;
    }

    private static DesiredGeom geom(ResultSet row, List<DesiredPath> paths) throws SQLException {
        return new DesiredGeom(
                row.getString("name"),
                GeomType.valueOf(row.getString("type")),
                row.getString("uuid"),
                row.getString("label_name"),
                Mode.valueOf(row.getString("mode")),
                policies(row),
                shape(row),
                paths,
                row.getBoolean("stopped"),
                row.getLong("generation"));
    }

    private static Policies policies(ResultSet row) throws SQLException {
        return new Policies(
                Duration.ofNanos(row.getLong("attempt_timeout_nanos")),
                Duration.ofNanos(row.getLong("quiesce_nanos")),
                Policies.Cache.valueOf(row.getString("cache")),
                Policies.Restore.valueOf(row.getString("restore_policy")),
                duration(row, "failback_nanos"),
                duration(row, "hedge_after_nanos"),
                new Policies.NoPath(
                        Duration.ofNanos(row.getLong("no_path_queue_nanos")),
                        row.getInt("no_path_max_requests"),
                        row.getLong("no_path_max_bytes")));
    }

    private static @Nullable Duration duration(ResultSet row, String column) throws SQLException {
        long nanos = row.getLong(column);
        return row.wasNull() ? null : Duration.ofNanos(nanos);
    }

    private static Shape shape(ResultSet row) throws SQLException {
        Geometry geometry = new Geometry(
                row.getLong("size_bytes"),
                row.getInt("minimum_block_size"),
                row.getInt("preferred_block_size"),
                row.getInt("maximum_payload_bytes"));
        return new Shape(geometry, capabilities(row.getString("capabilities")));
    }

    private static Capabilities capabilities(String text) {
        return Capabilities.of(Arrays.stream(text.split(","))
                .filter(name -> !name.isEmpty())
                .map(Capability::valueOf)
                .toArray(Capability[]::new));
    }

    private TreeMap<String, DesiredExport> exports() {
        Map<String, List<String>> clients = new HashMap<>();
        jdbc.sql("select export, client from export_client order by export, ordinal")
                .query(row -> {
                    clients.computeIfAbsent(row.getString("export"), key -> new ArrayList<>())
                            .add(row.getString("client"));
                });
        TreeMap<String, DesiredExport> exports = new TreeMap<>();
        jdbc.sql("select name, geom, read_only, generation from export")
                .query((row, number) -> new DesiredExport(
                        row.getString("name"),
                        row.getString("geom"),
                        row.getBoolean("read_only"),
                        clients.getOrDefault(row.getString("name"), List.of()),
                        row.getLong("generation")))
                .list()
                .forEach(export -> exports.put(export.name(), export));
        return exports;
    }

    // ---- to rows

    void insert(DesiredDevice device) {
        jdbc.sql("insert into device (name, uri, kept_out_of) values (:name, :uri, :keptOutOf)")
                .param("name", device.name())
                .param("uri", device.uri())
                .param("keptOutOf", device.keptOutOf(), Types.VARCHAR)
                .update();
    }

    void insert(DesiredGeom geom) {
        StatementSpec statement = jdbc.sql("""
                        insert into geom (name, type, uuid, label_name, mode, attempt_timeout_nanos, quiesce_nanos, cache,
                            restore_policy, failback_nanos, hedge_after_nanos, no_path_queue_nanos,
                            no_path_max_requests, no_path_max_bytes, size_bytes, minimum_block_size,
                            preferred_block_size, maximum_payload_bytes, capabilities, stopped, generation)
                        values (:name, :type, :uuid, :labelName, :mode, :attemptTimeout, :quiesce, :cache,
                            :restore, :failback, :hedgeAfter, :queueFor,
                            :maxRequests, :maxBytes, :size, :minimumBlock,
                            :preferredBlock, :maximumPayload, :capabilities, :stopped, :generation)
                        """)
                .param("name", geom.name())
                .param("type", geom.type().name())
                .param("uuid", geom.uuid(), Types.VARCHAR)
                .param("labelName", geom.labelName(), Types.VARCHAR)
                .param("mode", geom.mode().name())
                .param("stopped", geom.stopped())
                .param("generation", geom.generation());
        withShape(withPolicies(statement, geom.policies()), geom.shape()).update();
        int ordinal = 0;
        for (DesiredPath path : geom.paths()) {
            insert(geom.name(), ordinal++, path);
        }
    }

    private static StatementSpec withPolicies(StatementSpec statement, Policies policies) {
        return statement
                .param("attemptTimeout", policies.attemptTimeout().toNanos())
                .param("quiesce", policies.quiesce().toNanos())
                .param("cache", policies.cache().name())
                .param("restore", policies.restore().name())
                .param("failback", nanos(policies.failback()), Types.BIGINT)
                .param("hedgeAfter", nanos(policies.hedgeAfter()), Types.BIGINT)
                .param("queueFor", policies.noPath().queueFor().toNanos())
                .param("maxRequests", policies.noPath().maxRequests())
                .param("maxBytes", policies.noPath().maxBytes());
    }

    private static @Nullable Long nanos(@Nullable Duration duration) {
        return duration == null ? null : duration.toNanos();
    }

    private static StatementSpec withShape(StatementSpec statement, Shape shape) {
        Geometry geometry = shape.geometry();
        return statement
                .param("size", geometry.sizeBytes())
                .param("minimumBlock", geometry.minimumBlockSize())
                .param("preferredBlock", geometry.preferredBlockSize())
                .param("maximumPayload", geometry.maximumPayloadBytes())
                .param("capabilities", text(shape.capabilities()));
    }

    private static String text(Capabilities capabilities) {
        return capabilities.asSet().stream().map(Capability::name).collect(Collectors.joining(","));
    }

    private void insert(String geom, int ordinal, DesiredPath path) {
        jdbc.sql("insert into geom_path (geom, ordinal, device, failed_why) values (:geom, :ordinal, :device, :why)")
                .param("geom", geom)
                .param("ordinal", ordinal)
                .param("device", path.device())
                .param("why", path.failedWhy(), Types.VARCHAR)
                .update();
    }

    void replaceRetired(long generation) {
        jdbc.sql("delete from retired").update();
        jdbc.sql("insert into retired (generation) values (:generation)")
                .param("generation", generation)
                .update();
    }

    void insert(DesiredExport export) {
        jdbc.sql("""
                        insert into export (name, geom, read_only, generation)
                        values (:name, :geom, :readOnly, :generation)
                        """)
                .param("name", export.name())
                .param("geom", export.geom())
                .param("readOnly", export.readOnly())
                .param("generation", export.generation())
                .update();
        int ordinal = 0;
        for (String client : export.allowedClients()) {
            jdbc.sql("insert into export_client (export, ordinal, client) values (:export, :ordinal, :client)")
                    .param("export", export.name())
                    .param("ordinal", ordinal++)
                    .param("client", client)
                    .update();
        }
    }
}
