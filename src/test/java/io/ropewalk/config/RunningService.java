package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import io.ropewalk.Ropewalk;
import io.ropewalk.nbd.NbdServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service on free ports, as its clients see it. */
final class RunningService implements AutoCloseable {
    private final ConfigurableApplicationContext context;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    private RunningService(ConfigurableApplicationContext context) {
        this.context = context;
    }

    static RunningService start(Path dataDir, String... more) {
        return new RunningService(run(dataDir, more));
    }

    static ConfigurableApplicationContext run(Path dataDir, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--management.server.port=0",
                "--ropewalk.nbd.port=0",
                "--ropewalk.io.threads=2",
                "--ropewalk.data-dir=" + dataDir));
        for (String argument : more) {
            String name = argument.substring(0, argument.indexOf('=') + 1);
            arguments.removeIf(other -> other.startsWith(name));
            arguments.add(argument);
        }
        return new SpringApplicationBuilder(Ropewalk.class).main(Ropewalk.class).run(arguments.toArray(String[]::new));
    }

    HttpResponse<String> get(String path) {
        return send(request(path).GET());
    }

    HttpResponse<String> delete(String path) {
        return send(request(path).DELETE());
    }

    HttpResponse<String> put(String path) {
        return send(request(path).PUT(BodyPublishers.noBody()));
    }

    HttpResponse<String> post(String path) {
        return send(request(path).POST(BodyPublishers.noBody()));
    }

    HttpResponse<String> post(String path, String body) {
        return send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> raw(String path) {
        return send(HttpRequest.newBuilder(uri(port(), path)).GET());
    }

    HttpResponse<String> management(String path) {
        return send(HttpRequest.newBuilder(uri(managementPort(), "/actuator" + path)));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(port(), "/api/v1" + path)).timeout(Duration.ofSeconds(60));
    }

    HttpClient http() {
        return http;
    }

    /** The value of one series, 0 where there is none. */
    double metric(String series) {
        return management("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    static <T> T read(HttpResponse<String> answer, String path) {
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JsonPath.read(answer.body(), path);
    }

    URI export(String name) {
        InetSocketAddress bound =
                Objects.requireNonNull(context.getBean(NbdServer.class).boundAddress());
        return URI.create("nbd://127.0.0.1:" + bound.getPort() + "/" + name);
    }

    int port() {
        return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
    }

    int managementPort() {
        return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.management.port"));
    }

    private static URI uri(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        context.close();
        http.close();
    }
}
