//! The processes that are recorded, their files and ports, and what befalls them.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::story::Story;
use crate::process::Process;

/// What node exporters and many client libraries are asked for.
const ACCEPT_TEXT: &str = "text/plain;version=0.0.4";
/// What a Prometheus server asks for.
const ACCEPT_OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0,\
     application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// The Python that Debian's `python3-prometheus-client` belongs to.
const SYSTEM_PYTHON: &str = "/usr/bin/python3";

const NODE_A_COLLECTORS: &[&str] =
    &["cpu", "meminfo", "loadavg", "netdev", "diskstats", "filesystem", "stat", "time", "uname", "textfile"];
const NODE_B_COLLECTORS: &[&str] = &["cpu", "meminfo", "loadavg"];

/// The batch job runs every so often and then rewrites its file.
const BATCH_PERIOD_S: u64 = 60;
/// Relative to the stage's folder: the path becomes a label value of the node exporter's own metrics.
const TEXTFILE_FOLDER: &str = "textfile";
const BATCH_FILE: &str = "textfile/batch.prom";

/// One scraped endpoint.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) job: &'static str,
    pub(crate) instance: &'static str,
    pub(crate) port: u16,
    pub(crate) accept: &'static str,
    /// Whether this is the one that the story stops and removes.
    pub(crate) leaves: bool,
}

impl Target {
    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        vec![("job".into(), self.job.into()), ("instance".into(), self.instance.into())]
    }
}

/// All processes and their folder. Fields drop in this order: processes first, then their files.
pub(crate) struct Stage {
    node_b: Option<Process>,
    others: Vec<Process>,
    ports: Ports,
    folder: TempDir,
}

struct Ports {
    node_a: u16,
    node_b: u16,
    prometheus: u16,
    alertmanager: u16,
    checkout: u16,
}

impl Stage {
    /// Starts everything and waits until it answers.
    pub(crate) fn build(interval: Duration) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("ember-capture-").tempdir()?;
        let [node_a, node_b, prometheus, alertmanager, checkout] = free_ports()?;
        let ports = Ports { node_a, node_b, prometheus, alertmanager, checkout };
        let mut stage = Self { node_b: None, others: Vec::new(), ports, folder };
        stage.write_files()?;

        let listen = |port: u16| format!("--web.listen-address=127.0.0.1:{port}");
        let node = "prometheus-node-exporter";
        let mut arguments = node_arguments(listen(node_a), NODE_A_COLLECTORS);
        arguments.push(format!("--collector.textfile.directory={TEXTFILE_FOLDER}"));
        stage.start("node-a", node, &arguments, node_a, "/metrics")?;

        let arguments = node_arguments(listen(node_b), NODE_B_COLLECTORS);
        let mut leaver = Process::start("node-b", node, &arguments, stage.folder.path())?;
        leaver.wait_ready(node_b, "/metrics")?;
        stage.node_b = Some(leaver);

        let arguments = [
            listen(alertmanager),
            "--config.file=alertmanager.yml".into(),
            "--storage.path=alertmanager".into(),
            "--cluster.listen-address=".into(),
        ];
        stage.start("alertmanager", "prometheus-alertmanager", &arguments, alertmanager, "/-/ready")?;

        let arguments = ["checkout.py".into(), checkout.to_string()];
        stage.start("checkout", SYSTEM_PYTHON, &arguments, checkout, "/metrics")?;

        let arguments = [
            listen(prometheus),
            "--config.file=prometheus.yml".into(),
            "--storage.tsdb.path=prometheus".into(),
            format!("--query.timeout={}s", interval.as_secs()),
            "--query.max-samples=500000".into(),
        ];
        stage.start("prometheus", "prometheus", &arguments, prometheus, "/-/ready")?;
        Ok(stage)
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let Ports { node_a, node_b, prometheus, alertmanager, checkout } = self.ports;
        let target = |job, instance, port, accept| Target { job, instance, port, accept, leaves: false };
        vec![
            target("node", "node-a", node_a, ACCEPT_TEXT),
            Target { leaves: true, ..target("node", "node-b", node_b, ACCEPT_TEXT) },
            target("prometheus", "main", prometheus, ACCEPT_OPENMETRICS),
            target("alertmanager", "main", alertmanager, ACCEPT_TEXT),
            target("checkout", "main", checkout, ACCEPT_OPENMETRICS),
        ]
    }

    pub(crate) fn prometheus_port(&self) -> u16 {
        self.ports.prometheus
    }

    pub(crate) fn alertmanager_port(&self) -> u16 {
        self.ports.alertmanager
    }

    /// Does what the story has for the moment just before this scrape.
    pub(crate) fn act(&mut self, story: &Story, scrape: u32) -> io::Result<()> {
        if scrape == story.batch_gone {
            std::fs::remove_file(self.batch_file())?;
        }
        if !(story.batch_gone..story.batch_back).contains(&scrape) {
            self.run_batch()?;
        }
        if scrape == story.leaver_stopped {
            self.node_b = None;
        }
        self.others.iter_mut().chain(&mut self.node_b).try_for_each(Process::check)
    }

    fn start(
        &mut self,
        name: &'static str,
        program: &str,
        arguments: &[String],
        port: u16,
        ready_path: &str,
    ) -> io::Result<()> {
        let mut process = Process::start(name, program, arguments, self.folder.path())?;
        process.wait_ready(port, ready_path)?;
        self.others.push(process);
        Ok(())
    }

    fn batch_file(&self) -> PathBuf {
        self.folder.path().join(BATCH_FILE)
    }

    /// Writes the batch job's last success beside the file and renames it, so that no scrape sees half of it.
    fn run_batch(&self) -> io::Result<()> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let success_s = now_s - now_s % BATCH_PERIOD_S;
        let text = format!(
            "# HELP batch_last_success_timestamp_seconds When the batch job last succeeded.\n\
             # TYPE batch_last_success_timestamp_seconds gauge\n\
             batch_last_success_timestamp_seconds{{batch=\"invoices\"}} {success_s}\n"
        );
        let written = self.batch_file().with_extension("new");
        std::fs::write(&written, text)?;
        std::fs::rename(&written, self.batch_file())
    }

    fn write_files(&self) -> io::Result<()> {
        let folder = self.folder.path();
        std::fs::create_dir_all(folder.join(TEXTFILE_FOLDER))?;
        self.run_batch()?;
        std::fs::write(
            folder.join("alertmanager.yml"),
            "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n",
        )?;
        std::fs::write(folder.join("checkout.py"), include_str!("checkout.py"))?;
        std::fs::write(folder.join("prometheus.yml"), self.prometheus_config())
    }

    fn prometheus_config(&self) -> String {
        let mut config =
            String::from("global:\n  scrape_interval: 5s\n  scrape_timeout: 5s\nscrape_configs:\n");
        let mut job = "";
        for target in self.targets() {
            if target.job != job {
                job = target.job;
                config += &format!("  - job_name: {job}\n    static_configs:\n");
            }
            config += &format!("      - targets: [\"127.0.0.1:{}\"]\n", target.port);
            config += &format!("        labels: {{ instance: {} }}\n", target.instance);
        }
        config
    }
}

fn node_arguments(listen: String, collectors: &[&str]) -> Vec<String> {
    let mut arguments = vec![listen, "--collector.disable-defaults".into()];
    arguments.extend(collectors.iter().map(|collector| format!("--collector.{collector}")));
    arguments
}

/// Ports that were free a moment ago; all are held until the last is known, so that they differ.
fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let held = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>()?;
    let ports = held.iter().map(|socket| Ok(socket.local_addr()?.port())).collect::<io::Result<Vec<_>>>()?;
    Ok(ports.try_into().expect("one port for each of N sockets"))
}
