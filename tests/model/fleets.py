"""Random fleets: the text of a fleet file, and the options of the run.

What the simulator's truth cannot tell apart is kept apart here: a fault of a cluster that has other
oddities, one that is over after the first answer but is not tried again, and the like.
"""
import random

TRIED_AGAIN = ("408 425 429 500 502 503 504 502_html no_answer stall_body cut_body cut_body:clean "
               "cut_chunked cut_chunked:clean reset reset_at:request reset_at:headers "
               "reset_at:body close_at:status close_at:headers_end").split()
# These close or reset HTTP/1.1 connections, which HTTP/2 does in its own ways.
OF_HTTP1 = ("garbage wire:http09 wire:status_20 wire:status_text wire:1xx_only wire:204 wire:206 "
            "wire:304 wire:redirect_odd wire:length_long wire:length_short wire:length_negative "
            "wire:length_two wire:coding_unknown wire:chunk_bad wire:chunk_short wire:header_nul "
            "wire:header_no_colon").split()
OF_HTTP2 = "h2_internal h2_cancel h2_internal_body h2_no_answer h2_stall_body h2_no_status".split()
OF_CONNECTIONS = ("refuse blackhole stall_handshake not_tls wrong_cert expired_cert future_cert "
                  "self_signed chain_missing tls10 hello_garbage hello_alert reset_at:accept "
                  "close_at:hello close_at:handshake").split()
OF_CONTENT = ("207 400 403 409 418 501 403_html html200 redirect empty_body bad_json "
              "truncated_json wrong_shape:no_data wrong_shape:data_number wrong_shape:item_number "
              "wrong_shape:twice_data wrong_shape:array_top wrong_shape:string_top").split()
OF_RESEARCHER = ("404 odd_json:nul_in_string odd_json:newline_in_string odd_json:digits_bad "
                 "odd_json:comment odd_json:nan odd_json:two_boms odd_json:utf16 "
                 "odd_json:nul_only odd_json:blanks_only odd_json:two_documents "
                 "odd_json:trailing_text coding:gzip_cut coding:gzip_bad_check coding:gzip_not "
                 "coding:unknown coding:deep too_large odd_json:surrogates odd_json:bytes "
                 "odd_json:nul_escapes odd_json:blanks_around").split()
NO_FAULTS = ("bom slow_first_byte:30 coding:gzip coding:x_gzip coding:deflate coding:identity "
             "coding:twice coding:gzip_no_check").split()
HARMLESS_WIRES = ("wire:http10 wire:no_reason wire:lf_only wire:1xx_some wire:length_same "
                  "wire:length_chunked wire:chunk_extension wire:trailers wire:header_cr").split()
KINDS = "trainingworkloads interactiveworkloads inferenceworkloads distributedworkloads".split()
MORE_KINDS = "distributedinferenceworkloads externalworkloads runaijobs".split()
GRANTS = ("app_token client_credentials oauth2 keycloak external_token_exchange refresh_token "
          "token").split()
PLANTED = ("only_control third_party elsewhere quota_off twins only_cluster differ_phase differ_gpus "
           "renamed_ids null_phase control_deleted flap_phase flap_late flap_gone "
           "flap_ended").split()
LABELS = ("region=eu", "region=us", "tier=prod", "tier=test")


class Fleet:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.seed = seed
        self.is_beyond_truth = False  # it has what the simulator's truth does not know of
        self.enriches, self.reconciles, self.discovers = self.odds(.3), self.odds(.3), self.odds(.3)
        self.lines = self._settings()
        self.names = []
        for number in range(self.dice.choice([1, 2, 3, 5, 8, 8, 12, 20, 30])):
            self.lines.append(self._cluster(number))
        self.args = self._args()
        self.text = "\n".join(self.lines) + "\n"

    def odds(self, share):
        return self.dice.random() < share

    def pick(self, *values):
        return self.dice.choice(values)

    def _settings(self):
        run = ["run deadline=60.0", "concurrency=%d" % self.pick(1, 3, 16, 128),
               "per_host=%d" % self.pick(1, 4)]
        run += ["enrich=true"] * self.enriches + ["reconcile=true"] * self.reconciles
        control = ["control", "grant=" + self.pick(*GRANTS), "conf.retries=2",
                   "conf.idle_timeout=2.0"]
        self.page = self.pick(1, 2, 7, 50, 500)
        if self.odds(.5):
            control.append("page=%d" % self.page)
        control += ["discover=yes"] * self.discovers + ["http2=yes"] * self.odds(.2)
        control += ["latency_ms=20"] * self.odds(.2)
        if "grant=keycloak" in control and self.odds(.3):
            control.append("only_id_token=yes")
        elif "grant=refresh_token" in control:
            control += ["rotate=yes"] * self.odds(.3)
        if "grant=token" not in control:
            control += ["expire=once"] * self.odds(.1)
            if self.odds(.08):
                self.is_beyond_truth = True
                control += ["token_fault=" + self.pick("403", "500", "html200", "503"),
                            *self.pick(["token_fault_times=1"], [])]
        for name in ("clusters", "workloads", "count", "projects"):
            if self.odds(.04):
                self.is_beyond_truth = True
                control.append("%s_fault=%s" % (name, self.pick("403", "418", "html200", "bad_json",
                                                                "empty_body", "truncated_json")))
        settings = [" ".join(run), " ".join(control),
                    "defaults retries=%d idle_timeout=2.0 connect_timeout=2.0" % self.pick(1, 2)]
        self.excludes = self.discovers and self.odds(.3)
        if self.excludes:
            settings.append('discover exclude=["*9"]')
        if self.discovers and self.odds(.3):
            settings.append("discover contact_disconnected=true")
        return settings

    def _fault(self, keys, names, projects):
        """The fault, and whom it strikes how often."""
        is_http2 = "http2=yes" in keys
        is_researcher = "api=" not in " ".join(keys) and "workloads=0" not in keys
        choices = [(OF_CONTENT, 3), (TRIED_AGAIN[:8], 3), (NO_FAULTS, 1)]
        choices += [(OF_HTTP2, 2)] if is_http2 else \
            [(TRIED_AGAIN[8:], 3), (OF_HTTP1, 2), (OF_CONNECTIONS, 2), (HARMLESS_WIRES, 1)]
        choices += [(OF_RESEARCHER, 3)] if is_researcher else []
        family = self.dice.choices([c for c, _ in choices], [w for _, w in choices])[0]
        fault = self.dice.choice(family)
        keys.append("fault=" + fault)
        if fault.startswith(("wire:", "reset_at:", "close_at:")) and "gzip=yes" in keys:
            keys.remove("gzip=yes")  # their head does not say that it is
        self.is_beyond_truth |= fault == "207"
        if fault == "too_large":
            keys.append('conf.max_body="64K"')
        if family is OF_CONNECTIONS:
            return
        is_over = fault in TRIED_AGAIN and self.odds(.5)
        keys += ["fault_times=1"] * is_over
        if len(names) > 1 and self.odds(.4) and ("listed=no" not in keys or is_researcher):
            keys.append("fault_project=" + self.dice.choice(names))
        elif is_researcher and fault != "too_large" and self.odds(.3):
            keys.append("fault_on=" + self.pick("projects", "jobs"))

    def _researcher(self, keys):
        keys.append("listed=" + self.pick("yes", "no"))
        keys.append("generation=%d" % self.pick(1, 1, 1, 2, 3, 4))
        keys += ["old_empty=yes"] * self.odds(.2)
        keys += ["gen_status=405"] * self.odds(.2) + ["gzip=yes"] * self.odds(.2)
        keys += ["padding=%d" % self.pick(10, 500)] * self.odds(.1)

    def _kubernetes(self, keys, is_odd):
        keys.append("api=kubernetes")
        keys.append("listed=" + self.pick("yes", "no", "no"))
        keys.append("page=%d" % self.pick(1, 3, 10, 500))
        keys += ["rich=yes"] * self.odds(.5) + ["discovery=no"] * self.odds(.2)
        keys += ["podgroups=" + self.pick("yes", "yes", "403", "500")] * self.odds(.4)
        self.is_beyond_truth |= "rich=yes" in keys and self.reconciles
        if self.odds(.3):
            keys.append("expire_continue=%d" % self.pick(1, 2, 9))
            keys += ["continue_status=404"] * self.odds(.2)
            self.is_beyond_truth = True
        elif self.odds(.1):
            keys.append("endless_continue=yes")
            self.is_beyond_truth = True
        if is_odd:
            return
        if self.odds(.2):
            keys.append("missing_kinds=" + ",".join(
                self.dice.sample(KINDS, self.pick(1, 2, 1 if "rich=yes" in keys else 4))))
        elif self.odds(.15):
            keys += ["fault_on=discovery",
                     "fault=" + self.pick("207", "403", "500", "html200", "wrong_shape:array_top")]
            self.is_beyond_truth = True
        elif self.odds(.2):
            keys += ["fault_kind=" + self.dice.choice(KINDS),
                     "fault=" + self.dice.choice(["500", "403", "html200", "bad_json"])]

    def _control_plane(self, keys, workloads):
        keys.append("api=control_plane")
        if self.odds(.3):
            keys.append("duplicate=%d" % self.pick(1, 2))
        elif self.odds(.15) and workloads and self.page > 1:  # pages of one cannot overlap
            keys.append("churn=add:%d,remove:%d" % (self.pick(0, 1, 3), self.pick(0, 1, 2)))
            self.is_beyond_truth = True
        elif self.odds(.1):
            keys.append("control_ids=no")
            self.is_beyond_truth |= self.enriches or self.reconciles
        if self.odds(.1) and workloads:
            keys.append("next_back=yes")
            self.is_beyond_truth = True
        elif self.odds(.15) and workloads:
            keys.append("count_off=%d" % self.pick(-1, 1, 5))
            self.is_beyond_truth |= self.enriches or self.reconciles

    def _known(self, keys, projects, workloads):
        """What the control plane says of it, if anybody asks."""
        room = projects * workloads // 3
        plants = ["only_cluster", "differ_phase", "renamed_ids", "null_phase", "control_deleted"]
        plants += ["flap_phase", "flap_late", "flap_gone", "flap_ended"] if self.page > 1 else []
        plants += ["differ_gpus"] if "api=" not in " ".join(keys) else []
        if not projects or "api=control_plane" in keys:
            return
        for plant in ("only_control", "third_party", "elsewhere", "quota_off"):  # beside the others
            keys += ["%s=%d" % (plant, self.pick(1, 4))] * self.odds(.2)
        for plant in self.dice.sample(plants, 3):
            if self.odds(.4) and room >= 8:
                keys.append("%s=%d" % (plant, self.dice.randint(1, room // 8)))
        if workloads >= 16:  # with fewer, no two workloads share their name
            keys += ["twins=1"] * self.odds(.3)

    def _discovered(self, keys, number):
        if not self.discovers:
            return
        is_direct = "api=" not in " ".join(keys)
        if self.odds(.3) and is_direct:
            keys[:] = [key for key in keys if not key.startswith("listed=")]
            keys.append("configured=no")
        elif self.odds(.2):
            keys.append("discovered=no")
        elif self.odds(.3) and "api=control_plane" not in keys:
            keys.append("conf_url=no")
        if "configured=no" in keys and self.excludes and number % 10 == 9:
            keys.append("expect=absent")
        keys += ["state=" + self.pick("Disconnected", "WaitingToConnect", "ServiceIssues")] * \
            self.odds(.2)
        if self.odds(.2):
            keys.append("domain=" + self.pick("url", "null"))
        elif self.odds(.15) and not {"configured=no", "conf_url=no", "api=control_plane"} & set(keys):
            keys += ["control_name=other-%02d" % number, "conf_uuid=no"]
            self.is_beyond_truth |= self.excludes

    def _cluster(self, number):
        projects, workloads = self.pick(1, 1, 2, 3, 5), self.pick(0, 1, 4, 10, 24)
        keys = ["projects=%d" % projects, "workloads=%d" % workloads]
        is_odd = self.odds(.35)
        api = self.dice.choices(["researcher", "kubernetes", "control_plane"], [6, 3, 1])[0]
        if api == "researcher":
            self._researcher(keys)
        elif api == "kubernetes":
            self._kubernetes(keys, is_odd)
        else:
            self._control_plane(keys, workloads)
        if self.enriches or self.reconciles:
            self._known(keys, projects, workloads)
        keys += ["latency_ms=0..%d" % self.pick(5, 60)] * self.odds(.4)
        keys += ["http2=yes"] * (self.odds(.2) and api != "control_plane")
        keys += ["own_token=yes"] * (self.odds(.1) and api != "control_plane")
        if is_odd and api != "control_plane":
            self._fault(keys, ["team-%s" % "abcdefgh"[i] for i in range(projects)], projects)
        elif api == "researcher":
            self._oddities(keys)
        self._discovered(keys, number)
        if "configured=no" not in keys:
            keys += ["conf.optional=true"] * self.odds(.2)
            keys += ['conf.labels=["%s","%s"]' % (self.pick(*LABELS[:2]), self.pick(*LABELS[2:]))] * \
                self.odds(.4)
        else:
            keys = [key for key in keys if key not in ("own_token=yes", "allow_empty=yes") and
                    "conf." not in key]
        self.names.append("c-%02d" % number)
        return "cluster %s %s" % (self.names[-1], " ".join(keys))

    def _oddities(self, keys):
        """Of a cluster that has no fault."""
        if "listed=yes" in keys and self.odds(.15):
            keys.append("gone=team-gone")
            self.is_beyond_truth = True
        if self.reconciles and self.odds(.2):
            keys += ["fault=" + self.pick("500", "403"), "fault_after=1"]  # the second reading
            self.is_beyond_truth = True
        elif self.odds(.15):
            # Which of several is kept, none of which says its project, is not documented.
            is_joined = self.enriches or self.reconciles
            keys.append("omit_project=yes" if is_joined or self.odds(.5) else
                        "shared_ids=%d" % self.pick(1, 3))
            keys += ["repeat=%d" % self.pick(1, 2, 9)] * self.odds(.5)
            self.is_beyond_truth = True
        elif self.odds(.15):
            keys.append("ignore_project=yes")
            keys += ["repeat=1"] * self.odds(.3)
        elif self.odds(.1):
            keys.append("upper_projects=%d" % self.pick(1, 2))
            self.is_beyond_truth = True
        elif self.odds(.1):
            keys.append("fault=other_project:%d" % self.pick(1, 3))
        elif "listed=no" in keys and self.odds(.1):
            keys.append("odd_names=yes")
        elif self.odds(.15) and not self.reconciles and not self.enriches:
            keys.append("messy=yes")
        if "listed=no" in keys and self.odds(.1):
            keys[:] = [key for key in keys if key.partition("=")[0] not in PLANTED]
            keys += ["empty=yes"] + ["allow_empty=yes"] * self.odds(.5)
        elif "listed=no" in keys and self.odds(.15):
            keys.append("nameless=%d" % self.pick(1, 4))

    def _args(self):
        """Options that choose; seldom two of them."""
        args = []
        if self.odds(.15):
            args += [self.pick("--cluster", "--exclude"), self.pick("*[0-4]", "c-0*", "*3", "c-0?")]
        if self.odds(.08):
            args += ["--label", self.dice.choice(LABELS)]
        if self.odds(.1):
            args += ["--project", self.pick("team-a", "team-*", "*-[ab]", "*", "nobody-*")]
        if self.odds(.15):
            args.append("--no-workloads")
        if self.odds(.3):
            args.append("--allow-empty")
        return args
