package io.ropewalk.config;

import io.ropewalk.block.DeviceFactory;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Event loops, and what opens devices on them. */
@Configuration(proxyBeanMethods = false)
class IoConfiguration {
    private static final Logger CONTROL = LoggerFactory.getLogger("io.ropewalk.control");

    @Bean
    NettyLoops nettyLoops(RopewalkProperties properties) {
        RopewalkProperties.Io io = properties.io();
        Transport transport = io.transport().resolve();
        CONTROL.info("Sockets are waited for by {} on {} event loops", transport.title(), io.threadsOrCores());
        return new NettyLoops(transport, io.threadsOrCores());
    }

    @Bean
    DeviceFactory fileDeviceFactory() {
        return new FileDeviceFactory();
    }

    @Bean
    DeviceFactory nbdDeviceFactory(NettyLoops loops) {
        return new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS);
    }
}
