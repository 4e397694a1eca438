import java.net.HttpURLConnection;
import java.net.URI;

/** For the image's HEALTHCHECK, which has no curl: exit status 0 when the address given answers 200, else 1. */
final class Healthcheck {
    private Healthcheck() {}

    public static void main(String[] args) {
        System.exit(answersOk(args[0]) ? 0 : 1);
    }

    private static boolean answersOk(String address) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(address).toURL().openConnection();
            connection.setConnectTimeout(2_000);
            connection.setReadTimeout(2_000);
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (Exception e) {
            System.err.println(address + ": " + e.getMessage());
            return false;
        }
    }
}
