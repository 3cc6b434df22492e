//! The table of settings. To add one of a server, write a row here, its place in [`ALL`], a line in `ServeConfig::read`
//! and a row in `docs/operations.md`, which a test compares with the table.

use super::{Kind, Setting};
use crate::words::Words;

/// Every setting, in the order of the help: those of a server, then [`OF_EXPRESSIONS`].
pub const ALL: &[&Setting] = &[
    &LISTEN,
    &REDIS,
    &REDIS_USER,
    &REDIS_PASSWORD_FILE,
    &REDIS_CA,
    &REDIS_CERT,
    &REDIS_KEY,
    &SENTINEL_USER,
    &SENTINEL_PASSWORD_FILE,
    &REDIS_HEARTBEAT,
    &REDIS_DEADLINE,
    &TTL,
    &LOOKUP,
    &MEMORY,
    &NAMESPACE,
    &THREADS,
    &PEER_SHARE,
    &TRUSTED_PROXIES,
    &ADMIN_LISTEN,
    &ADMIN_TOKEN,
    &ADMIN_TOKEN_FILE,
    &METRICS_HOST,
    &CORS_ORIGIN,
    &DRAIN,
    &LOG_FORMAT,
    &LOG_REQUESTS,
    &LOG_EXPRESSIONS,
    &LOG_CLIENTS,
    &HIDE_MEMORY,
    &CONFIG,
    &NOTATION,
    &DECIMAL,
];

/// The settings of a server.
pub const OF_SERVE: &[&Setting] = ALL.split_at(ALL.len() - OF_EXPRESSIONS.len()).0;

/// The settings of the commands that read expressions.
pub const OF_EXPRESSIONS: &[&Setting] = &[&NOTATION, &DECIMAL];

/// The settings that `tabuada cache` uses.
pub const OF_CACHE: &[&Setting] = &[
    &REDIS,
    &REDIS_USER,
    &REDIS_PASSWORD_FILE,
    &REDIS_CA,
    &REDIS_CERT,
    &REDIS_KEY,
    &SENTINEL_USER,
    &SENTINEL_PASSWORD_FILE,
    &NAMESPACE,
    &ADMIN_TOKEN_FILE,
    &CONFIG,
];

/// The settings that `tabuada mcp` uses.
pub const OF_MCP: &[&Setting] = &[
    &REDIS,
    &REDIS_USER,
    &REDIS_PASSWORD_FILE,
    &REDIS_CA,
    &REDIS_CERT,
    &REDIS_KEY,
    &SENTINEL_USER,
    &SENTINEL_PASSWORD_FILE,
    &REDIS_HEARTBEAT,
    &REDIS_DEADLINE,
    &TTL,
    &LOOKUP,
    &MEMORY,
    &NAMESPACE,
    &THREADS,
    &LOG_FORMAT,
    &CONFIG,
];

/// The settings that `tabuada health` uses.
pub const OF_HEALTH: &[&Setting] = &[&CONFIG];

const A_FILE: Words = Words::new("the path of a file", "o caminho de um arquivo");
const AN_ADDRESS: Words = Words::new(
    "HOST:PORT, such as 127.0.0.1:8000, or unix:/path/of/a/socket (?mode=660)",
    "HOST:PORTA, por exemplo 127.0.0.1:8000, ou unix:/caminho/de/um/soquete (?mode=660)",
);
const A_SWITCH: Words =
    Words::new("1, true, yes or on, or 0, false, no or off", "1, true, yes ou on, ou 0, false, no ou off");

/// The address that the server listens on.
pub const LISTEN: Setting = Setting {
    name: "listen",
    value_name: "HOST:PORT",
    kind: Kind::One,
    default: Some("127.0.0.1:8000"),
    expected: AN_ADDRESS,
    help: Words::new(
        "Address to listen on, or unix:/path/of/a/socket; port 0 takes any free port, which the ready line shows.\n\n\
         The socket's permissions are 660; unix:/path?mode=600 sets others. Sockets that systemd hands over \
         (LISTEN_FDS) are used in place of these addresses: the first for clients, the second for --admin-listen.",
        "Endereço em que atende, ou unix:/caminho/de/um/soquete; a porta 0 é qualquer uma livre, e a linha de início diz \
         qual.\n\n\
         As permissões do soquete são 660; unix:/caminho?mode=600 muda isso. Soquetes entregues pelo systemd \
         (LISTEN_FDS) são usados no lugar destes endereços: o primeiro para clientes, o segundo para --admin-listen.",
    ),
};

/// The shared Redis.
pub const REDIS: Setting = Setting {
    name: "redis",
    value_name: "URL",
    kind: Kind::Url,
    default: None,
    expected: Words::new(
        "a URL such as redis://host:6379, rediss://, unix:///path, redis+sentinel://host:port/name or \
         redis+cluster://host:port",
        "uma URL como redis://host:6379, rediss://, unix:///caminho, redis+sentinel://host:porta/nome ou \
         redis+cluster://host:porta",
    ),
    help: Words::new(
        "Redis or Valkey that the servers share; without it answers are kept in memory only.\n\n\
         redis://[user:password@]host:port/db, rediss:// over TLS, unix:///path, \
         redis+sentinel://host:port,…/name/db, redis+cluster://host:port,…",
        "Redis ou Valkey que os servidores compartilham; sem ele as respostas ficam só na memória.\n\n\
         redis://[usuário:senha@]host:porta/db, rediss:// por TLS, unix:///caminho, \
         redis+sentinel://host:porta,…/nome/db, redis+cluster://host:porta,…",
    ),
};

/// The user name for Redis.
pub const REDIS_USER: Setting = Setting {
    name: "redis-user",
    value_name: "NAME",
    kind: Kind::One,
    default: None,
    expected: Words::new("the name of a user", "o nome de um usuário"),
    help: Words::new(
        "User name for Redis, if the URL has none.",
        "Usuário que entra no Redis, se a URL não diz nenhum.",
    ),
};

/// The password for Redis.
pub const REDIS_PASSWORD_FILE: Setting = Setting {
    name: "redis-password-file",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: A_FILE,
    help: Words::new(
        "File with the password for Redis, in place of one in the URL.\n\n\
         It is read again for each connection, so a new password needs no restart.",
        "Arquivo com a senha do Redis, que então não fica na URL.\n\n\
         É lido de novo a cada conexão: trocar a senha não exige reiniciar.",
    ),
};

/// The CA certificates for Redis.
pub const REDIS_CA: Setting = Setting {
    name: "redis-ca",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: Words::new("a file of certificates in PEM", "um arquivo de certificados em PEM"),
    help: Words::new(
        "CA certificates (PEM) for Redis over TLS, in place of the system's.",
        "Certificados de CA (PEM) para o Redis por TLS, no lugar dos do sistema.",
    ),
};

/// The client certificate for Redis.
pub const REDIS_CERT: Setting = Setting {
    name: "redis-cert",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: A_FILE,
    help: Words::new(
        "Client certificate (PEM) for Redis over TLS, with its chain.\n\n\
         It is read again for each connection, like --redis-key, so a renewed one needs no restart.",
        "Certificado de cliente (PEM) para o Redis por TLS, com sua cadeia.\n\n\
         É lido de novo a cada conexão, como --redis-key: um renovado não exige reiniciar.",
    ),
};

/// The key of the client certificate for Redis.
pub const REDIS_KEY: Setting = Setting {
    name: "redis-key",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: A_FILE,
    help: Words::new("Key (PEM) of the client certificate.", "Chave (PEM) do certificado de cliente."),
};

/// The user name for the Sentinels.
pub const SENTINEL_USER: Setting = Setting {
    name: "sentinel-user",
    value_name: "NAME",
    kind: Kind::One,
    default: None,
    expected: Words::new("the name of a user", "o nome de um usuário"),
    help: Words::new(
        "User name for the Sentinels, if they have a login of their own.",
        "Usuário que entra nos Sentinels, se eles têm um login só deles.",
    ),
};

/// The password for the Sentinels.
pub const SENTINEL_PASSWORD_FILE: Setting = Setting {
    name: "sentinel-password-file",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: A_FILE,
    help: Words::new(
        "File with the password for the Sentinels; without it they get the login of the servers, or none.\n\n\
         It is read again for each connection, so a new password needs no restart.",
        "Arquivo com a senha dos Sentinels; sem ele, recebem o login dos servidores, ou nenhum.\n\n\
         É lido de novo a cada conexão: trocar a senha não exige reiniciar.",
    ),
};

/// The time between two heartbeats.
pub const REDIS_HEARTBEAT: Setting = Setting {
    name: "redis-heartbeat",
    value_name: "TIME",
    kind: Kind::One,
    default: Some("100ms"),
    expected: Words::new("a time from 50ms to 10s", "um tempo de 50ms a 10s"),
    help: Words::new(
        "Time between two heartbeats to Redis: 50ms to 10s.\n\n\
         A longer one sends fewer commands, and notices a silent connection later.",
        "Tempo entre dois pulsos para o Redis: de 50ms a 10s.\n\n\
         Um mais longo manda menos comandos, e percebe mais tarde uma conexão em silêncio.",
    ),
};

/// The deadline of a call to Redis.
pub const REDIS_DEADLINE: Setting = Setting {
    name: "redis-deadline",
    value_name: "TIME",
    kind: Kind::One,
    default: Some("50ms"),
    expected: Words::new("a time from 5ms to 1s", "um tempo de 5ms a 1s"),
    help: Words::new(
        "How long a request waits for Redis before it computes: 5ms to 1s.",
        "Quanto uma requisição espera pelo Redis antes de calcular: de 5ms a 1s.",
    ),
};

/// How long answers are cached.
pub const TTL: Setting = Setting {
    name: "ttl",
    value_name: "TIME",
    kind: Kind::One,
    default: Some("1d"),
    expected: Words::new(
        "a time of at least a second, such as 90s, 10m or 1d, or none",
        "um tempo de pelo menos um segundo, como 90s, 10m ou 1d, ou none",
    ),
    help: Words::new(
        "How long an answer is cached: 90s, 10m, 1d, or none for no limit.",
        "Por quanto tempo uma resposta é lembrada: 90s, 10m, 1d, ou none para sempre.",
    ),
};

/// When Redis is looked up.
pub const LOOKUP: Setting = Setting {
    name: "lookup",
    value_name: "WHEN",
    kind: Kind::Choice(
        &[
            (
                "adaptive",
                Words::new(
                    "Compute first for about as long as a lookup takes; look up only what is more expensive",
                    "Calcula primeiro pelo tempo de uma consulta; só o que custa mais consulta o Redis",
                ),
            ),
            (
                "always",
                Words::new(
                    "Look in Redis before computing anything: plain cache-aside",
                    "Consulta o Redis antes de calcular qualquer coisa: cache-aside simples",
                ),
            ),
        ],
        None,
    ),
    default: Some("adaptive"),
    expected: Words::new("adaptive or always", "adaptive ou always"),
    help: Words::new("When answers are looked up in Redis.", "Quando o Redis é consultado."),
};

/// The memory for cached answers.
pub const MEMORY: Setting = Setting {
    name: "memory",
    value_name: "SIZE",
    kind: Kind::One,
    default: Some("64MiB"),
    expected: Words::new("a size such as 64MiB, 500MB or 0", "um tamanho como 64MiB, 500MB ou 0"),
    help: Words::new(
        "Memory for cached answers; 0 caches none. A number alone is in bytes.",
        "Memória para as respostas lembradas; 0 não guarda nenhuma. Um número sozinho é de bytes.",
    ),
};

/// The first part of every key.
pub const NAMESPACE: Setting = Setting {
    name: "namespace",
    value_name: "NAME",
    kind: Kind::One,
    default: Some("tabuada"),
    expected: Words::new(
        "1 to 64 bytes without blanks and none of : * ? [ ] ^ \\",
        "de 1 a 64 bytes sem espaços e sem : * ? [ ] ^ \\",
    ),
    help: Words::new("First part of every key in Redis.", "Primeira parte de cada chave no Redis."),
};

/// The number of serving threads, and that of computing threads.
pub const THREADS: Setting = Setting {
    name: "threads",
    value_name: "N",
    kind: Kind::One,
    default: Some("cores"),
    expected: Words::new("a number from 1 to 1024, or cores", "um número de 1 a 1024, ou cores"),
    help: Words::new(
        "Serving threads, and evaluations at once: a number up to 1024, or cores for one per core.",
        "Threads que atendem, e cálculos ao mesmo tempo: um número até 1024, ou cores, uma por núcleo.",
    ),
};

/// The part of the server that one peer may use.
pub const PEER_SHARE: Setting = Setting {
    name: "peer-share",
    value_name: "PERCENT",
    kind: Kind::One,
    default: Some("50%"),
    expected: Words::new("a percentage from 1% to 100%", "uma porcentagem de 1% a 100%"),
    help: Words::new(
        "Share of the threads, of their queue and of the connections that one address (of IPv6, one /64) may use; 100% \
         is no limit.",
        "A parte das threads, da fila antes delas e das conexões que um endereço (de IPv6, um /64) pode ter; 100% é sem \
         limite.",
    ),
};

/// The trusted proxies.
pub const TRUSTED_PROXIES: Setting = Setting {
    name: "trusted-proxies",
    value_name: "ADDRESS",
    kind: Kind::List,
    default: None,
    expected: Words::new(
        "addresses or networks such as 10.0.0.1, 10.0.0.0/8 or fd00::/8, or unix",
        "endereços ou redes como 10.0.0.1, 10.0.0.0/8 ou fd00::/8, ou unix",
    ),
    help: Words::new(
        "Address or network of a proxy whose X-Forwarded-For or Forwarded header is trusted; may be repeated.\n\n\
         Such as 10.0.0.1 or 10.0.0.0/8; unix is every client of a Unix socket. All clients of a proxy that is not listed count as one client.",
        "Endereço ou rede de um proxy, cujo X-Forwarded-For ou Forwarded diz quem é o cliente; pode ser repetido.\n\n\
         Por exemplo 10.0.0.1 ou 10.0.0.0/8; unix é quem se conecta por um soquete Unix. Atrás de um proxy que não está aqui, todos os clientes são um só.",
    ),
};

/// A separate listener for the operator.
pub const ADMIN_LISTEN: Setting = Setting {
    name: "admin-listen",
    value_name: "HOST:PORT",
    kind: Kind::One,
    default: None,
    expected: AN_ADDRESS,
    help: Words::new(
        "Separate address for /v1/cache and /metrics; the main address then does not serve them.\n\n\
         /v1/cache requires the token in TABUADA_ADMIN_TOKEN; without a token it answers on loopback only.",
        "Endereço só para /v1/cache e /metrics, que o outro então não atende.\n\n\
         /v1/cache pede o token de TABUADA_ADMIN_TOKEN; sem ele, só responde em loopback.",
    ),
};

/// The operator's token.
pub const ADMIN_TOKEN: Setting = Setting {
    name: "admin-token",
    value_name: "TOKEN",
    kind: Kind::Secret,
    default: None,
    expected: Words::new(
        "a token of at least 16 letters, digits and signs of ASCII without blanks; unset it to have none",
        "um token de pelo menos 16 letras, dígitos e sinais ASCII, sem espaços; para não ter nenhum, remova a variável",
    ),
    help: Words::new("The operator's token, which /v1/cache requires.", "O token do operador, que /v1/cache pede."),
};

/// The file of the operator's token.
pub const ADMIN_TOKEN_FILE: Setting = Setting {
    name: "admin-token-file",
    value_name: "FILE",
    kind: Kind::One,
    default: None,
    expected: A_FILE,
    help: Words::new(
        "File that holds the operator's token, in place of TABUADA_ADMIN_TOKEN.",
        "Arquivo com o token do operador, no lugar de TABUADA_ADMIN_TOKEN.",
    ),
};

/// The host names under which the metrics answer.
pub const METRICS_HOST: Setting = Setting {
    name: "metrics-host",
    value_name: "HOST",
    kind: Kind::List,
    default: None,
    expected: Words::new("names of hosts", "nomes de hosts"),
    help: Words::new(
        "Host name under which /metrics may be requested, besides localhost; may be repeated.\n\n\
         On loopback no other name is accepted. Where other machines reach the listener, every name is accepted if none is given.",
        "Host pelo qual /metrics pode ser pedido, além de localhost; pode ser repetido.\n\n\
         Em loopback nenhum outro nome vale; onde outros alcançam o endereço, todos valem se nenhum for dado.",
    ),
};

/// The origins whose pages may send requests.
pub const CORS_ORIGIN: Setting = Setting {
    name: "cors-origin",
    value_name: "ORIGIN",
    kind: Kind::List,
    default: None,
    expected: Words::new(
        "origins such as https://example.org, without a path, or *",
        "origens como https://example.org, sem caminho, ou *",
    ),
    help: Words::new(
        "Pages of this origin may send requests from a browser; may be repeated, and * allows all origins.\n\n\
         Such as https://example.org or http://localhost:3000. Never applies to /v1/cache and /metrics.",
        "Páginas desta origem podem consultar, num navegador; pode ser repetido, e * são todas.\n\n\
         Por exemplo https://example.org ou http://localhost:3000. Nunca /v1/cache e /metrics.",
    ),
};

/// How long the server still accepts requests after the signal to stop.
pub const DRAIN: Setting = Setting {
    name: "drain",
    value_name: "TIME",
    kind: Kind::One,
    default: Some("0s"),
    expected: Words::new("a time such as 5s or 500ms", "um tempo como 5s ou 500ms"),
    help: Words::new(
        "How long the server still accepts requests after the signal to stop, while readiness is 503: 5s, 500ms.",
        "Por quanto tempo ainda atende depois do sinal de parar, enquanto a prontidão é 503: 5s, 500ms.",
    ),
};

/// The format of the log.
pub const LOG_FORMAT: Setting = Setting {
    name: "log-format",
    value_name: "FORMAT",
    kind: Kind::Choice(
        &[
            ("text", Words::new("For people", "Para pessoas")),
            ("json", Words::new("One JSON object a line", "Um objeto JSON por linha")),
        ],
        None,
    ),
    default: Some("text"),
    expected: Words::new("text or json", "text ou json"),
    help: Words::new("The format of the log.", "A forma das linhas do log."),
};

/// Which requests are logged.
pub const LOG_REQUESTS: Setting = Setting {
    name: "log-requests",
    value_name: "WHICH",
    kind: Kind::Choice(
        &[
            ("none", Words::new("None", "Nenhuma")),
            (
                "trouble",
                Words::new(
                    "Those answered with 500 or above, or after a second or more",
                    "As respondidas com 500 ou mais, ou depois de um segundo ou mais",
                ),
            ),
            ("all", Words::new("All", "Todas")),
        ],
        Some("all"),
    ),
    default: Some("trouble"),
    expected: Words::new("none, trouble or all", "none, trouble ou all"),
    help: Words::new(
        "Which requests are logged; all, if the flag has no value.",
        "Quais requisições têm uma linha no log; todas, se a opção vier sozinha.",
    ),
};

/// Whether the log shows expressions.
pub const LOG_EXPRESSIONS: Setting = Setting {
    name: "log-expressions",
    value_name: "YES|NO",
    kind: Kind::Switch,
    default: Some("no"),
    expected: A_SWITCH,
    help: Words::new(
        "Include expressions, addresses and queries in these lines.",
        "Escreve expressões, endereços e consultas nessas linhas.",
    ),
};

/// Whether the log shows the clients' addresses.
pub const LOG_CLIENTS: Setting = Setting {
    name: "log-clients",
    value_name: "YES|NO",
    kind: Kind::Switch,
    default: Some("on"),
    expected: A_SWITCH,
    help: Words::new("Include the client's address in these lines.", "Escreve o endereço do cliente nessas linhas."),
};

/// Whether responses hide the state of the cache.
pub const HIDE_MEMORY: Setting = Setting {
    name: "hide-memory",
    value_name: "YES|NO",
    kind: Kind::Switch,
    default: Some("no"),
    expected: A_SWITCH,
    help: Words::new(
        "Hide from clients what is cached: responses have no Cache-Status, Age and Server-Timing.",
        "Não diz aos clientes o que está lembrado: respostas sem Cache-Status, Age e Server-Timing.",
    ),
};

/// The file of settings.
pub const CONFIG: Setting = Setting {
    name: "config",
    value_name: "FILE",
    kind: Kind::File,
    default: None,
    expected: A_FILE,
    help: Words::new(
        "File of settings (TOML); its keys are the names of the flags without --.\n\n\
         By default tabuada.toml in the working directory, if it exists. Flags and variables take precedence over it.",
        "Arquivo de configuração (TOML); as chaves são os nomes das opções sem --.\n\n\
         Por padrão, tabuada.toml na pasta atual, se existir. Opções e variáveis valem mais do que ele.",
    ),
};

/// How expressions are written.
pub const NOTATION: Setting = Setting {
    name: "notation",
    value_name: "NOTATION",
    kind: Kind::Choice(
        &[
            ("python", Words::new("Python's: 2**10, 2*pi*r", "A do Python: 2**10, 2*pi*r")),
            ("school", Words::new("That of schools: 2^10, 2πr, 50%", "A da escola: 2^10, 2πr, 50%")),
        ],
        None,
    ),
    default: Some("python"),
    expected: Words::new("python or school", "python ou school"),
    help: Words::new(
        "How expressions are written that do not say it themselves.",
        "Como são escritas as expressões que não dizem isso elas mesmas.",
    ),
};

/// The decimal sign.
pub const DECIMAL: Setting = Setting {
    name: "decimal",
    value_name: "SIGN",
    kind: Kind::Choice(&[("point", Words::new("0.5", "0.5")), ("comma", Words::new("0,5", "0,5"))], None),
    default: Some("point"),
    expected: Words::new("point or comma", "point ou comma"),
    help: Words::new(
        "The decimal sign of answers, if it is given, and in school notation of expressions.",
        "O sinal decimal das respostas, se for dado, e na notação da escola das expressões.",
    ),
};
