package io.ropewalk;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The service. */
@SpringBootApplication
public class Ropewalk {
    public static void main(String[] args) {
        SpringApplication.run(Ropewalk.class, args);
    }
}
