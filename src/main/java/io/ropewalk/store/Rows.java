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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Rows to records and back. */
final class Rows {
    private final JdbcClient jdbc;

    Rows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    // ---- from rows

    DesiredState load() {
        TreeMap<String, DesiredDevice> devices = new TreeMap<>();
        jdbc.sql("select name, uri from device")
                .query((row, number) -> new DesiredDevice(row.getString("name"), row.getString("uri")))
                .list()
                .forEach(device -> devices.put(device.name(), device));
        return new DesiredState(devices, geoms(), exports());
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
                Mode.valueOf(row.getString("mode")),
                policies(row),
                shape(row),
                paths,
                row.getBoolean("stopped"),
                row.getLong("generation"));
    }

    private static Policies policies(ResultSet row) throws SQLException {
        return new Policies(
                Duration.ofMillis(row.getLong("attempt_timeout_millis")),
                Policies.Restore.valueOf(row.getString("restore_policy")));
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
        jdbc.sql("insert into device (name, uri) values (:name, :uri)")
                .param("name", device.name())
                .param("uri", device.uri())
                .update();
    }

    void insert(DesiredGeom geom) {
        Geometry geometry = geom.shape().geometry();
        jdbc.sql("""
                        insert into geom (name, type, uuid, mode, attempt_timeout_millis, restore_policy, size_bytes,
                            minimum_block_size, preferred_block_size, maximum_payload_bytes, capabilities, stopped,
                            generation)
                        values (:name, :type, :uuid, :mode, :attemptTimeout, :restore, :size, :minimumBlock,
                            :preferredBlock, :maximumPayload, :capabilities, :stopped, :generation)
                        """)
                .param("name", geom.name())
                .param("type", geom.type().name())
                .param("uuid", geom.uuid())
                .param("mode", geom.mode().name())
                .param("attemptTimeout", geom.policies().attemptTimeout().toMillis())
                .param("restore", geom.policies().restore().name())
                .param("size", geometry.sizeBytes())
                .param("minimumBlock", geometry.minimumBlockSize())
                .param("preferredBlock", geometry.preferredBlockSize())
                .param("maximumPayload", geometry.maximumPayloadBytes())
                .param("capabilities", text(geom.shape().capabilities()))
                .param("stopped", geom.stopped())
                .param("generation", geom.generation())
                .update();
        int ordinal = 0;
        for (DesiredPath path : geom.paths()) {
            insert(geom.name(), ordinal++, path);
        }
    }

    private static String text(Capabilities capabilities) {
        return capabilities.asSet().stream().map(Capability::name).collect(Collectors.joining(","));
    }

    private void insert(String geom, int ordinal, DesiredPath path) {
        jdbc.sql("insert into geom_path (geom, ordinal, device, failed_why) values (:geom, :ordinal, :device, :why)")
                .param("geom", geom)
                .param("ordinal", ordinal)
                .param("device", path.device())
                .param("why", path.failedWhy())
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
