import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * For the image's AOT cache: starts the service by the command given, which writes the cache when it ends; waits until it
 * is ready, asks what is asked of every service, and ends it as an engine would. Exit status 0 when all of that went well.
 */
final class Training {
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration END = Duration.ofMinutes(5);
    private static final int TERMINATED = 143;

    private Training() {}

    public static void main(String[] command) throws IOException, InterruptedException {
        int api = freePort();
        int management = freePort();
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(List.of(
                "--server.port=" + api, "--management.server.port=" + management, "--ropewalk.nbd.port=" + freePort()));
        Process service = new ProcessBuilder(words).inheritIO().start();
        boolean learned = awaitReady(service, management) && asked(api, management);
        service.destroy();
        boolean ended = service.waitFor(END.toSeconds(), TimeUnit.SECONDS);
        service.destroyForcibly();
        System.exit(learned && ended && service.exitValue() == TERMINATED ? 0 : 1);
    }

    private static boolean awaitReady(Process service, int management) throws InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline && service.isAlive()) {
            if (answersOk(management, "/actuator/health/readiness")) {
                return true;
            }
            service.waitFor(50, TimeUnit.MILLISECONDS);
        }
        return false;
    }

    private static boolean asked(int api, int management) {
        return Map.of(api, "/api/v1/system", management, "/actuator/prometheus").entrySet().stream()
                .allMatch(each -> answersOk(each.getKey(), each.getValue()));
    }

    private static boolean answersOk(int port, String path) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            connection.setConnectTimeout(2_000);
            connection.setReadTimeout(20_000);
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
