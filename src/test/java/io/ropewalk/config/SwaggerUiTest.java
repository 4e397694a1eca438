package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Browser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page on which people try the API, in a real browser: who only clicks, and types a token, makes a geom, takes a path
 * away and gives it back, and destroys the geom. The pictures are kept under {@code target/swagger-ui}.
 */
class SwaggerUiTest {
    private static final String TOKEN = "an-admin-token-of-a-browser";
    private static final Path PICTURES = Path.of(System.getProperty("basedir", ""), "target", "swagger-ui");

    @TempDir
    static Path folder;

    private static RunningService service;
    private static Browser browser;

    private int pictures;

    @BeforeAll
    static void start() throws Exception {
        browser = Browser.open(folder);
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.demo=true",
                "--ropewalk.security.mode=token",
                "--ropewalk.security.token=" + TOKEN);
    }

    @AfterAll
    static void stop() {
        if (service != null) {
            service.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    @Test
    void aGeomIsMadeAndItsPathsAreFailedAndRestoredAndItIsDestroyedByClicking() throws Exception {
        browser.go(URI.create("http://127.0.0.1:" + service.port() + "/swagger-ui/index.html"));
        browser.await("#operations-tag-Geoms");
        picture("opened", "body");
        assertThat(browser.text(".info .title")).startsWith("Ropewalk");

        Answer stranger = execute("Geoms", "createGeom");
        assertThat(stranger.status()).isEqualTo("401");
        assertThat(stranger.body()).contains("\"unauthenticated\"");

        authorize();
        Answer created = execute("Geoms", "createGeom");
        assertThat(created.status()).isEqualTo("201");
        assertThat(created.body()).contains("\"name\": \"disk1\"", "\"state\": \"OPTIMAL\"", "\"spare-b\"");
        assertThat(ask("/geoms/disk1")).contains("\"spare-b\"");

        Answer failed = execute("Paths", "failPath");
        assertThat(failed.status()).isEqualTo("200");
        assertThat(failed.body()).contains("\"device\": \"demo-a\"", "\"state\": \"FAIL\"");
        assertThat(ask("/geoms/demo/active")).contains("demo-b").doesNotContain("demo-a");

        Answer restored = execute("Paths", "restorePath");
        assertThat(restored.status()).isEqualTo("200");
        assertThat(restored.body()).contains("\"device\": \"demo-a\"", "\"state\": \"PASSIVE\"");

        Answer destroyed = execute("Geoms", "destroyGeom");
        assertThat(destroyed.status()).isEqualTo("204");
        assertThat(ask("/geoms/disk1")).contains("geom-not-found");

        picture("done", "body");
        assertThat(browser.exceptions()).isEmpty();
        assertThat(browser.eval(
                                "performance.getEntriesByType('resource').map(e => e.name)"
                                        + ".filter(name => name.startsWith('http') && !name.startsWith(location.origin)).join()")
                        .asString())
                .as("what the page asked of others")
                .isEmpty();
    }

    private void authorize() throws Exception {
        browser.click(".auth-wrapper .authorize");
        browser.type("#auth-bearer-value", TOKEN);
        picture("authorizing", "body");
        browser.click(".modal-ux .auth-btn-wrapper .authorize");
        browser.click(".modal-ux .close-modal");
        browser.await(".auth-wrapper .authorize.locked");
    }

    /** What the page shows of an answer. */
    private record Answer(String status, String body) {}

    /** Opens an operation, if it is not open yet, executes it as the page has filled it in, and reads what it shows. */
    private Answer execute(String tag, String operation) throws IOException {
        String block = "#operations-" + tag + "-" + operation;
        if (!browser.has(block)) {
            browser.click("#operations-tag-" + tag);
            browser.await(block);
        }
        if (!browser.has(block + " .execute")) {
            browser.click(block + " .opblock-summary-control");
        }
        if (browser.has(block + " .btn-clear")) {
            browser.click(block + " .btn-clear");
            browser.awaitGone(block + " .live-responses-table");
        }
        browser.click(block + " .execute");
        String shown = block + " .live-responses-table .response ";
        String status = browser.text(shown + ".response-col_status").strip();
        String body = status.startsWith("204") ? "" : browser.text(shown + ".response-col_description .highlight-code");
        picture(operation + "-" + status.substring(0, 3), block);
        return new Answer(status.substring(0, 3), body);
    }

    private void picture(String what, String top) throws IOException {
        pictures++;
        browser.screenshot(PICTURES.resolve(pictures + "-" + what + ".png"), top);
    }

    private String ask(String path) throws Exception {
        HttpRequest request =
                service.request(path).header("Authorization", "Bearer " + TOKEN).build();
        return service.http().send(request, BodyHandlers.ofString()).body();
    }
}
