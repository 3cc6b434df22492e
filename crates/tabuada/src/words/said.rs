//! What the commands print and complain of.

use super::Words;

// Settings.
pub(crate) const WRONG: Words = Words::new("{}: expected {}; got '{}'", "{}: era esperado {}; veio '{}'");
pub(crate) const WRONG_SECRET: Words = Words::new("{}: expected {}", "{}: era esperado {}");
pub(crate) const NOT_TEXT: Words = Words::new("{}: not valid UTF-8", "{}: não é UTF-8 válido");
pub(crate) const UNREADABLE: Words = Words::new("cannot read {}: {}", "não foi possível ler {}: {}");
pub(crate) const NAMED_UNREADABLE: Words = Words::new("{}: cannot read {}: {}", "{}: não foi possível ler {}: {}");
pub(crate) const NOT_TOML: Words = Words::new("{}: not TOML: {}", "{}: não é TOML: {}");
pub(crate) const UNKNOWN_KEY: Words =
    Words::new("{}: unknown key '{}'; the nearest is '{}'", "{}: chave desconhecida '{}'; a mais próxima é '{}'");
pub(crate) const NO_VALUE: Words = Words::new(
    "{}: {} is a text, a whole number, true or false, or a list of texts",
    "{}: {} é um texto, um número inteiro, true ou false, ou uma lista de textos",
);
pub(crate) const TOKEN_TWICE: Words = Words::new(
    "{} and {} both give the operator's token: expected one of them",
    "{} e {} dão ambos o token do operador: era esperado só um",
);
pub(crate) const UNFIT_TOKEN: Words = Words::new(
    "{}: {} does not hold a token of at least 16 letters, digits and signs of ASCII without blanks",
    "{}: {} não contém um token de pelo menos 16 letras, dígitos e sinais ASCII, sem espaços",
);
pub(crate) const EMPTY_FILE: Words = Words::new("{}: {} is empty", "{}: {} está vazio");
pub(crate) const UNFIT_URL: Words =
    Words::new("{}: '{}' is not the URL of a Redis: {}", "{}: '{}' não é a URL de um Redis: {}");

// What is wrong with such a URL.
pub(crate) const NO_SCHEME: Words =
    Words::new("it begins with redis://, rediss:// or unix://", "ela começa com redis://, rediss:// ou unix://");
pub(crate) const SCHEME: Words = Words::new("{}:// is not known", "{}:// não é conhecido");
pub(crate) const NO_HOST: Words = Words::new("it names no host", "falta o host");
pub(crate) const PORT: Words = Words::new("the port is a number from 0 to 65535", "a porta é um número de 0 a 65535");
pub(crate) const DATABASE: Words = Words::new(
    "the database is a number, as in redis://host:6379/0",
    "o banco é um número, como em redis://host:6379/0",
);
pub(crate) const NO_NAME: Words = Words::new(
    "it does not name what the Sentinels watch, as in redis+sentinel://host:port/name",
    "falta o nome que os Sentinels vigiam, como em redis+sentinel://host:porta/nome",
);
pub(crate) const CLUSTER_DATABASE: Words =
    Words::new("a Cluster has no other database than 0", "um Cluster só tem o banco 0");
pub(crate) const UNVERIFIED: Words = Words::new(
    "TLS without verifying the server is not offered: name its CA with --redis-ca",
    "TLS sem verificar o servidor não é oferecido: informe a CA com --redis-ca",
);
pub(crate) const NO_TLS: Words = Words::new(
    "certificates are given, but it does not say TLS, as rediss:// does",
    "há certificados, mas ela não diz TLS, como rediss://",
);
pub(crate) const HALF_CERTIFICATE: Words = Words::new(
    "--redis-cert and --redis-key are given together or not at all",
    "--redis-cert e --redis-key vêm juntos, ou nenhum dos dois",
);
pub(crate) const NO_SENTINELS: Words = Words::new(
    "a login of the Sentinels is given, but it names none, as redis+sentinel:// does",
    "há um login dos Sentinels, mas ela não indica nenhum, como redis+sentinel://",
);
pub(crate) const NO_SENTINEL_PASSWORD: Words =
    Words::new("--sentinel-user needs --sentinel-password-file", "--sentinel-user exige --sentinel-password-file");
pub(crate) const DATABASE_TWICE: Words =
    Words::new("its path and its query name different databases", "o caminho e a consulta indicam bancos diferentes");
pub(crate) const PARAMETER: Words = Words::new(
    "'{}' behind the ? is unknown, or given twice",
    "'{}' depois do ? é desconhecido, ou aparece duas vezes",
);
pub(crate) const FRAGMENT: Words =
    Words::new("the part from # on means nothing", "a parte depois do # não tem sentido");
pub(crate) const ENCODING: Words = Words::new(
    "a special character of its user or password is not percent-encoded",
    "um caractere especial do usuário ou da senha não está codificado com %",
);
pub(crate) const PASSWORD_TWICE: Words = Words::new(
    "it holds a password, and a file is named that holds one too: expected one of them",
    "ela contém uma senha, e há também um arquivo com a senha: era esperada só uma",
);
pub(crate) const UNREADABLE_URL: Words = Words::new("it cannot be read", "não é possível entendê-la");

// The command line.
pub(crate) const NO_SUBCOMMAND: Words = Words::new(
    "{} is an expression and no command; to evaluate it: tabuada eval {}",
    "{} é uma expressão e não um comando; para calculá-la: tabuada eval {}",
);

// `serve`.
pub(crate) const CANNOT_SERVE: Words = Words::new("cannot serve: {}", "não é possível atender: {}");
pub(crate) const ADDRESS_TAKEN: Words = Words::new(
    "help: choose another address, such as --listen 127.0.0.1:8001; ss -ltnp shows which program has this one",
    "ajuda: escolha outro endereço, como --listen 127.0.0.1:8001; ss -ltnp mostra que programa usa este",
);

// `config` and `serve --check`.
pub(crate) const DEFAULT: Words = Words::new("default", "padrão");
pub(crate) const CONFIGURATION_GOOD: Words = Words::new("configuration: good", "configuração: certa");
pub(crate) const NO_REDIS: Words =
    Words::new("Redis: none, answers are kept in memory only", "Redis: nenhum, as respostas ficam só na memória");
pub(crate) const REDIS_COHERENT: Words =
    Words::new("Redis: connected, and it reports every change", "Redis: conectado, e avisa de cada mudança");
pub(crate) const REDIS_SILENT: Words = Words::new(
    "Redis: connected, but it reports no changes: memory would keep answers for 5 s at most",
    "Redis: conectado, mas não avisa das mudanças: a memória guardaria respostas por no máximo 5 s",
);

// `batch`.
pub(crate) const NO_COLUMN: Words = Words::new(
    "the header has no column '{}'; name one with --column, or give --expr",
    "o cabeçalho não tem a coluna '{}'; indique uma com --column, ou use --expr",
);
pub(crate) const HEADER_NOT_UTF_8: Words = Words::new(
    "the header is not UTF-8: save the file as CSV UTF-8, or convert it: iconv -f windows-1252 -t utf-8",
    "o cabeçalho não está em UTF-8: salve o arquivo como CSV UTF-8, ou converta: iconv -f windows-1252 -t utf-8",
);

// `verify`.
pub(crate) const NO_PROOF: Words = Words::new(
    "no proof: the answer depends on more than the expression ({})",
    "sem prova: a resposta depende de mais que a expressão ({})",
);
pub(crate) const OTHER_PROOF: Words =
    Words::new("another answer was proved; here it is {} ({})", "foi provada outra resposta; aqui é {} ({})");

// `man`.
pub(crate) const NO_SUCH_COMMAND: Words =
    Words::new("there is no command '{}' here; there is {}", "não há um comando '{}' aqui; há {}");

// `cache` and `health`.
pub(crate) const NO_CONNECTION: Words = Words::new("no connection to Redis: {}", "sem conexão com o Redis: {}");
pub(crate) const CONNECTION_LOST: Words =
    Words::new("Redis cannot be reached any more", "a conexão com o Redis se perdeu");
pub(crate) const NOT_ALL_REMOVED: Words = Words::new(
    "Redis cannot be reached any more: not all was removed",
    "a conexão com o Redis se perdeu: nem tudo foi removido",
);
pub(crate) const REMOVAL_REFUSED: Words = Words::new("Redis does not let us remove it", "o Redis não permite remover");
pub(crate) const NOTHING_UNDER: Words = Words::new("nothing is remembered under {}", "nada está lembrado em {}");
pub(crate) const MEMORY_ONLY: Words = Words::new(
    "Redis cannot be reached: this is what the server's memory holds",
    "sem conexão com o Redis: isto é o que a memória do servidor guarda",
);
pub(crate) const CLEAR_NEEDS_YES: Words = Words::new(
    "clear forgets all that it is told to: say --yes where there is nobody to ask",
    "clear esquece tudo o que lhe pedem: use --yes onde não há a quem perguntar",
);
pub(crate) const CLEAR_ASKS: Words =
    Words::new("Forget everything that is remembered {}? [y/N] ", "Esquecer tudo o que está lembrado {}? [s/N] ");
pub(crate) const CLEAR_ASKS_OF: Words = Words::new(
    "Forget every answer of variant {} that is remembered {}? [y/N] ",
    "Esquecer toda resposta da variante {} que está lembrada {}? [s/N] ",
);
pub(crate) const NOT_A_VARIANT: Words = Words::new(
    "a variant is printable ASCII without : and #, such as 2 or 2@exact",
    "uma variante é ASCII visível sem : e #, como 2 ou 2@exact",
);
pub(crate) const BY_THE_SERVER: Words =
    Words::new("by the server at {}, and in its Redis", "pelo servidor em {} e no Redis dele");
pub(crate) const IN_THIS_REDIS: Words = Words::new("in this Redis under {}:", "neste Redis em {}:");
pub(crate) const NOTHING_FORGOTTEN: Words = Words::new("nothing was forgotten", "nada foi esquecido");
pub(crate) const REMOVED: Words = Words::new("{} removed{}", "removidas: {}{}");
pub(crate) const REST_LATER: Words =
    Words::new("; the rest goes when Redis is back", "; o resto sai quando o Redis voltar");
pub(crate) const NOT_A_SERVER: Words = Words::new(
    "'{}' is not a server: expected HOST:PORT or http://HOST:PORT",
    "'{}' não é um servidor: era esperado HOST:PORTA ou http://HOST:PORTA",
);
pub(crate) const NO_ANSWER: Words = Words::new("no answer from {}: {}", "sem resposta de {}: {}");
pub(crate) const NO_ANSWER_IN_TIME: Words = Words::new("no answer from {} within {} s", "sem resposta de {} em {} s");
pub(crate) const NOT_HTTP: Words = Words::new("{} does not speak HTTP", "{} não fala HTTP");
pub(crate) const NOT_OURS: Words = Words::new("it is not a Tabuada server", "não é um servidor Tabuada");
pub(crate) const NO_ROUTE: Words = Words::new(
    "{} has no {}: has it an --admin-listen of its own?",
    "{} não tem {}: ele tem um --admin-listen separado?",
);
pub(crate) const ANSWERS: Words = Words::new("{} answers {}: {}", "{} responde {}: {}");

// Errors and hints of expressions.
pub(crate) const HINT: Words = Words::new("hint: {}", "dica: {}");
pub(crate) const OR: Words = Words::new(", or ", ", ou ");
pub(crate) const DID_YOU_MEAN: Words = Words::new("help: did you mean {}?", "ajuda: você quis dizer {}?");
pub(crate) const WRITE: Words = Words::new("help: write {}", "ajuda: escreva {}");
pub(crate) const LEAVE_OUT: Words = Words::new("help: leave out {}", "ajuda: retire {}");
pub(crate) const PUT_IN: Words = Words::new("help: put in {}", "ajuda: acrescente {}");
pub(crate) const WRITE_FOR: Words = Words::new("help: write {} for {}", "ajuda: escreva {} no lugar de {}");
