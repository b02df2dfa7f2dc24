import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';

const crashing = (name: string, log: string, exitCode = 1): TestCluster => {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.crash('fleet', name, { log, exitCode });
  return cluster;
};

describe('QUA-1: the right line of a log', () => {
  test('the innermost reason of a stack of causes, with the lines that belong to it', async () => {
    const cluster = crashing(
      'dispatch',
      `2026-01-01T10:03:41.120Z  INFO 1 --- [main] o.f.core.internal.command.DbMigrate : Current version of schema "dispatch": 41
2026-01-01T10:03:41.377Z  WARN 1 --- [main] ConfigServletWebServerApplicationContext : Exception encountered during context initialization - cancelling refresh attempt: org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flywayInitializer'
2026-01-01T10:03:41.401Z  INFO 1 --- [main] o.apache.catalina.core.StandardService   : Stopping service [Tomcat]
2026-01-01T10:03:41.433Z ERROR 1 --- [main] o.s.boot.SpringApplication               : Application run failed

org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flywayInitializer' defined in class path resource [org/springframework/boot/autoconfigure/flyway/FlywayAutoConfiguration.class]: Validate failed: Migrations have failed validation
	at org.springframework.beans.factory.support.AbstractAutowireCapableBeanFactory.initializeBean(AbstractAutowireCapableBeanFactory.java:1806)
	... 17 common frames omitted
Caused by: org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation
Migration checksum mismatch for migration version 42
-> Applied to database : 1104312077
-> Resolved locally    : -73344122
Either revert the changes to the migration, or run repair to update the schema history.
Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE
	at org.flywaydb.core.Flyway.lambda$migrate$0(Flyway.java:180)
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'dispatch'], {
      cause: 'Deployment dispatch app_exit',
      atMost: 'medium',
      says: [/checksum mismatch for migration version 42/],
      never: [/Application run failed/, /https?:/, /Stopping service/],
    });
  });

  test('the first error of a server that then gives up step by step', async () => {
    const cluster = crashing(
      'fleet-db',
      `2026-01-01 10:03:55+00:00 [Note] [Entrypoint]: Starting temporary server
2026-01-01 10:03:55 0 [Note] InnoDB: Using Linux native AIO
2026-01-01 10:03:55 0 [ERROR] InnoDB: Upgrade after a crash is not supported. The redo log was created with MariaDB 10.5.23.
2026-01-01 10:03:55 0 [ERROR] InnoDB: Plugin initialization aborted with error Generic error
2026-01-01 10:03:55 0 [Note] InnoDB: Starting shutdown...
2026-01-01 10:03:56 0 [ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.
2026-01-01 10:03:56 0 [ERROR] Unknown/unsupported storage engine: InnoDB
2026-01-01 10:03:56 0 [ERROR] Aborting
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'fleet-db'], {
      cause: ['Deployment fleet-db app_exit', 'Deployment fleet-db volume_content'],
      says: [/redo log was created with MariaDB 10\.5\.23/],
      never: [/Unknown\/unsupported storage engine/],
    });
  });

  test('a panic that tells its error on the line after its place', async () => {
    const cluster = crashing(
      'tracker',
      `INFO tracker: starting 3.1.0

thread 'main' panicked at src/main.rs:88:47:
called \`Result::unwrap()\` on an \`Err\` value: Geofence { zone: "harbour-9", source: "polygon is not closed" }
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`,
      101,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'tracker'], {
      cause: 'Deployment tracker app_exit',
      atMost: 'medium',
      says: [/harbour-9/, /polygon is not closed/],
      never: [/set RUST_BACKTRACE|environment variable .{0,30} not set/i],
    });
  });

  test('a runtime that reports its end in many lines around the one with the reason', async () => {
    const cluster = crashing(
      'presence',
      `10:03:57.112 [info] Running Presence.Endpoint with Bandit 1.5.7 at :::4000 (http)
10:03:58.004 [notice] Application presence exited: Presence.Application.start(:normal, []) returned an error: shutdown: failed to start child: Presence.Ring
    ** (EXIT) an exception was raised:
        ** (ArgumentError) ring size 48 is not a power of two
            (presence 2.0.1) lib/presence/ring.ex:31: Presence.Ring.init/1
Kernel pid terminated (application_controller) ("{application_start_failure,presence,{bad_return,{...}}}")

Crash dump is being written to: erl_crash.dump...done
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'presence'], {
      cause: 'Deployment presence app_exit',
      atMost: 'medium',
      says: [/ring size 48 is not a power of two/],
      never: [/erl_crash\.dump/, /Kernel pid terminated/],
    });
  });

  test('an error with its detail and its hint stays together', async () => {
    const cluster = crashing(
      'positions-db',
      `2026-01-01 10:03:58.110 UTC [1] LOG:  starting PostgreSQL 16.4 on x86_64-pc-linux-musl
2026-01-01 10:03:58.113 UTC [1] FATAL:  could not load server certificate file "server.crt": key values mismatch
2026-01-01 10:03:58.113 UTC [1] HINT:  The certificate was renewed without its key.
2026-01-01 10:03:58.114 UTC [1] LOG:  database system is shut down
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'positions-db'], {
      cause: [
        'Deployment positions-db app_exit',
        'Deployment positions-db bad_config_value',
        'Deployment positions-db wrong_credential',
      ],
      says: [/key values mismatch/],
      never: [/database system is shut down/, /does not exist/],
    });
  });

  test('the error that a framework wraps, with the setting that it names', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('fleet', 'positions-log', {
      container: {
        env: [
          {
            name: 'KAFKA_ADVERTISED_LISTENERS',
            value: 'PLAINTEXT://0.0.0.0:9092',
          },
        ],
      },
      log: `[2026-01-01 10:03:57,801] INFO Registered kafka:type=kafka.Log4jController MBean (kafka.utils.Log4jControllerRegistration$)
[2026-01-01 10:03:58,114] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
java.lang.IllegalArgumentException: requirement failed: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.
	at scala.Predef$.require(Predef.scala:337)
	at kafka.server.KafkaConfig.validateValues(KafkaConfig.scala:1012)
`,
    });
    await expectCause(cluster, ['Deployment', 'fleet', 'positions-log'], {
      cause: ['Deployment positions-log bad_config_value', 'Deployment positions-log app_exit'],
      says: [/advertised\.listeners cannot use the nonroutable meta-address/],
      never: [/Exiting Kafka due to/, /is a free port/],
    });
  });

  test('a key that is not found, below the line of the tool that started the program', async () => {
    const cluster = crashing(
      'webhooks',
      `=> Booting Puma
bundler: failed to load command: puma (/usr/local/bundle/bin/puma)
/srv/config/environments/production.rb:41:in 'ENV.fetch': key not found: "FLEET_SIGNING" (KeyError)
	from /srv/config/environments/production.rb:3:in '<main>'
	from /usr/local/bundle/gems/railties-7.2.1/lib/rails/engine.rb:7:in 'require'
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'webhooks'], {
      cause: 'Deployment webhooks missing_env',
      value: 'FLEET_SIGNING',
      says: [/FLEET_SIGNING/],
      never: [/failed to load command/],
    });
  });
});
