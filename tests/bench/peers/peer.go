// peer.go, peer CONFIG REPORT: net/http and encoding/json, one goroutine for each slot.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
)

type config struct {
	TokenURL, AppID, AppSecret, Scheme, Project, CAFile string
	Concurrency                                         int
	Clusters                                            []string
}

type workload struct {
	ID        string   `json:"id"`
	Project   string   `json:"project"`
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Type      string   `json:"type"`
	Nodes     []string `json:"nodes"`
	CreatedAt int64    `json:"createdAt"`
	Images    string   `json:"images"`
	User      string   `json:"user"`
	GPUs      float64  `json:"currentAllocatedGPUs"`
	Cluster   string   `json:"cluster"`
}

type row struct {
	Cluster   string `json:"cluster"`
	Status    string `json:"status"`
	Workloads int    `json:"workloads"`
}

type report struct {
	Totals struct {
		Workloads int            `json:"workloads"`
		ByStatus  map[string]int `json:"byStatus"`
		ByType    map[string]int `json:"byType"`
		ByProject map[string]int `json:"byProject"`
		ByUser    map[string]int `json:"byUser"`
	} `json:"totals"`
	Clusters  []row      `json:"clusters"`
	Workloads []workload `json:"workloads"`
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func getToken(client *http.Client, c config) string {
	body, err := json.Marshal(map[string]string{"grantType": "app_token", "AppId": c.AppID, "AppSecret": c.AppSecret})
	check(err)
	resp, err := client.Post(c.TokenURL, "application/json", bytes.NewReader(body))
	check(err)
	defer resp.Body.Close()
	var answer struct{ AccessToken string }
	check(json.NewDecoder(resp.Body).Decode(&answer))
	return answer.AccessToken
}

func fetch(client *http.Client, c config, token, cluster string) ([]workload, string) {
	req, err := http.NewRequest("GET", fmt.Sprintf("%s://%s/researcher/api/v1/jobs/%s", c.Scheme, cluster, c.Project), nil)
	check(err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return nil, "error " + err.Error()
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return nil, fmt.Sprintf("http %d", resp.StatusCode)
	}
	var answer struct{ Data []workload }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, "error " + err.Error()
	}
	return answer.Data, "ok"
}

func main() {
	var c config
	text, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(text, &c))
	pem, err := os.ReadFile(c.CAFile)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	token := getToken(client, c)

	lists := make([][]workload, len(c.Clusters))
	var r report
	r.Clusters = make([]row, len(c.Clusters))
	next := make(chan int)
	var wg sync.WaitGroup
	for n := 0; n < c.Concurrency; n++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				list, status := fetch(client, c, token, c.Clusters[i])
				lists[i], r.Clusters[i] = list, row{c.Clusters[i], status, len(list)}
			}
		}()
	}
	for i := range c.Clusters {
		next <- i
	}
	close(next)
	wg.Wait()

	t := &r.Totals
	t.ByStatus, t.ByType, t.ByProject, t.ByUser = map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for i, list := range lists {
		for _, w := range list {
			w.Cluster = c.Clusters[i]
			t.Workloads++
			t.ByStatus[w.Status]++
			t.ByType[w.Type]++
			t.ByProject[w.Project]++
			t.ByUser[w.User]++
			r.Workloads = append(r.Workloads, w)
		}
	}
	f, err := os.Create(os.Args[2])
	check(err)
	out := bufio.NewWriter(f)
	check(json.NewEncoder(out).Encode(r))
	check(out.Flush())
	check(f.Close())
}
