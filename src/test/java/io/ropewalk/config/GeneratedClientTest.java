package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.client.ApiClient;
import io.ropewalk.client.ApiException;
import io.ropewalk.client.ApiResponse;
import io.ropewalk.client.api.GeomsApi;
import io.ropewalk.client.api.PathsApi;
import io.ropewalk.client.model.Geom;
import io.ropewalk.client.model.NewGeom;
import io.ropewalk.client.model.Path;
import io.ropewalk.client.model.Reason;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that openapi-generator made of {@code openapi/ropewalk-v1.yaml}, as others would have it made. */
class GeneratedClientTest {
    private static final String TOKEN = "an-admin-token-of-a-client";

    @TempDir
    static java.nio.file.Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.demo=true",
                "--ropewalk.security.mode=token",
                "--ropewalk.security.token=" + TOKEN);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static ApiClient client(String token) {
        ApiClient client = new ApiClient();
        client.updateBaseUri("http://127.0.0.1:" + service.port());
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        return client;
    }

    @Test
    void itMakesAGeomAndFailsAndRestoresAPathAndDestroysTheGeom() throws ApiException {
        GeomsApi geoms = new GeomsApi(client(TOKEN));
        PathsApi paths = new PathsApi(client(TOKEN));

        Geom made = geoms.createGeom(
                new NewGeom().name("disk1").paths(List.of("spare-a", "spare-b")), null, null, null, "made-once");
        assertThat(made.getState()).isEqualTo(Geom.StateEnum.OPTIMAL);
        assertThat(made.getMode()).isEqualTo(Geom.ModeEnum.ACTIVE_PASSIVE);
        assertThat(made.getSizeBytes()).isEqualTo(16L << 20);
        assertThat(made.getPaths()).extracting(Path::getDevice).containsExactly("spare-a", "spare-b");

        Path failed = paths.failPath("disk1", "spare-a", null, null, null, null, new Reason().reason("drill"));
        assertThat(failed.getState()).isEqualTo(Path.StateEnum.FAIL);
        assertThat(geoms.getActivePaths("disk1").getPaths()).containsExactly("spare-b");
        Path restored = paths.restorePath("disk1", "spare-a", null, null, null, null, null);
        assertThat(restored.getState()).isEqualTo(Path.StateEnum.PASSIVE);
        assertThat(geoms.listGeoms(null, null, null, null).getItems())
                .extracting(Geom::getName)
                .contains("demo", "disk1");

        ApiResponse<?> destroyed = geoms.destroyGeomWithHttpInfo("disk1", null, null, null, null);
        assertThat(destroyed.getStatusCode()).isEqualTo(204);
        ApiException gone = catchThrowableOfType(ApiException.class, () -> geoms.getGeom("disk1"));
        assertThat(gone.getCode()).isEqualTo(404);
        assertThat(gone.getResponseBody()).contains("\"code\":\"geom-not-found\"");
    }

    @Test
    void withoutATokenThatIsKnownItIsRefused() {
        GeomsApi stranger = new GeomsApi(client("nobodys-token-of-a-client"));

        ApiException refused = catchThrowableOfType(ApiException.class, () -> stranger.getGeom("demo"));

        assertThat(refused.getCode()).isEqualTo(401);
        assertThat(refused.getResponseBody()).contains("\"code\":\"unauthenticated\"");
    }
}
