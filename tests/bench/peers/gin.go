// Two reads on Gin and pgx, written as their documentation advises: release mode, no logger (nginx writes the
// line of a request, as for Confab), one process on all cores, pgx's pool, which prepares each statement once a
// connection by itself, rows into structs, golang-jwt for tokens with its algorithms pinned.
//
// From the environment: DATABASE_URL; SECRET_KEYS and ISSUER as Confab has them; SOCKET to listen on; ADVISOR_SQL
// and USER_SQL, the statements of Confab. Prints "ready". Its pool has the size pgx gives it (4, or one a core).
//
// Less than Confab: no rate limits, no metrics, no look at who asks for an advisor; errors without field lists.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const revokedReadEvery = time.Second

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// stamp is a time as Confab writes it: UTC, always six digits of a second.
type stamp struct{ time.Time }

func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000000Z"`)), nil
}

type advisor struct {
	ID              string          `json:"id"`
	DisplayName     string          `json:"display_name"`
	Headline        string          `json:"headline"`
	Languages       json.RawMessage `json:"languages"`
	Specializations json.RawMessage `json:"specializations"`
	ExperienceYears int             `json:"experience_years"`
	Rate            json.RawMessage `json:"rate"`
	Status          string          `json:"status"`
	RatingAverage   *float64        `json:"rating_average"`
	RatingCount     int64           `json:"rating_count"`
	SessionCount    int64           `json:"session_count"`
	Bio             string          `json:"bio"`
	CreatedAt       stamp           `json:"created_at"`
}

type user struct {
	ID             string  `json:"id"`
	Email          *string `json:"email"`
	DisplayName    string  `json:"display_name"`
	Role           string  `json:"role"`
	Bio            string  `json:"bio"`
	Gender         *string `json:"gender"`
	BirthDate      *string `json:"birth_date"`
	Locale         string  `json:"locale"`
	Timezone       string  `json:"timezone"`
	PresenceHidden bool    `json:"presence_hidden"`
	CreatedAt      stamp   `json:"created_at"`
	UpdatedAt      stamp   `json:"updated_at"`
	Phone          *string `json:"phone"`
}

type server struct {
	pool                *pgxpool.Pool
	advisorSQL, userSQL string
	keys                map[string][]byte
	parser              *jwt.Parser
	issuer              string
	revoked             atomic.Pointer[map[string]bool]
}

func refuse(c *gin.Context, status int, code string) {
	c.AbortWithStatusJSON(status, gin.H{"error": code, "message": code, "request_id": c.GetHeader("X-Request-Id")})
}

// reply sends the value, tagged with etag or by its bytes; 304 when the client has it.
func reply(c *gin.Context, value interface{}, etag string) {
	body, err := json.Marshal(value)
	if err != nil {
		fail(c, err)
		return
	}
	if etag == "" {
		sum := sha256.Sum256(body)
		etag = `"` + hex.EncodeToString(sum[:16]) + `"`
	}
	c.Header("ETag", etag)
	c.Header("Cache-Control", "no-store")
	if known := c.GetHeader("If-None-Match"); known != "" && strings.Contains(known, etag) {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "application/json", body)
}

func fail(c *gin.Context, err error) {
	if errors.Is(err, pgx.ErrNoRows) {
		refuse(c, http.StatusNotFound, "not_found")
		return
	}
	log.Print(err)
	refuse(c, http.StatusInternalServerError, "internal")
}

func (s *server) getAdvisor(c *gin.Context) {
	var a advisor
	id := c.Param("id")
	if !uuidForm.MatchString(id) {
		refuse(c, http.StatusNotFound, "not_found")
		return
	}
	err := s.pool.QueryRow(c.Request.Context(), s.advisorSQL, id).Scan(&a.ID, &a.DisplayName, &a.Headline,
		&a.Languages, &a.Specializations, &a.ExperienceYears, &a.Rate, &a.Status, &a.RatingAverage,
		&a.RatingCount, &a.SessionCount, &a.Bio, &a.CreatedAt.Time)
	if err != nil {
		fail(c, err)
		return
	}
	reply(c, &a, "")
}

func (s *server) getMe(c *gin.Context) {
	var u user
	var born *time.Time
	var sealed *string
	var version int64
	err := s.pool.QueryRow(c.Request.Context(), s.userSQL, c.GetString("user")).Scan(&u.ID, &u.Email,
		&u.DisplayName, &u.Role, &u.Bio, &u.Gender, &born, &u.Locale, &u.Timezone, &u.PresenceHidden,
		&u.CreatedAt.Time, &u.UpdatedAt.Time, &sealed, &version)
	if err == nil && sealed != nil {
		err = errors.New("this peer does not open sealed numbers")
	}
	if err != nil {
		fail(c, err)
		return
	}
	if born != nil {
		day := born.Format("2006-01-02")
		u.BirthDate = &day
	}
	reply(c, &u, fmt.Sprintf(`"v%d"`, version))
}

// --- tokens, as Confab checks them: the key by kid, signature, issuer, audience, times, and not ended ---

type claims struct {
	jwt.StandardClaims
	LoginID string `json:"sid"`
	Type    string `json:"typ"`
	Role    string `json:"role"`
}

func (s *server) key(token *jwt.Token) (interface{}, error) {
	kid, _ := token.Header["kid"].(string)
	if key, found := s.keys[kid]; found {
		return key, nil
	}
	return nil, errors.New("unknown key")
}

func (s *server) good(c *claims) bool {
	return c.VerifyIssuer(s.issuer, true) && c.VerifyAudience("confab", true) && c.Type == "at" &&
		c.ExpiresAt > 0 && c.IssuedAt > 0 && c.NotBefore > 0 && uuidForm.MatchString(c.Subject) &&
		uuidForm.MatchString(c.LoginID) && uuidForm.MatchString(c.Id) &&
		(c.Role == "USER" || c.Role == "ADVISOR" || c.Role == "ADMIN") && !(*s.revoked.Load())[c.LoginID]
}

func (s *server) signedIn(c *gin.Context) {
	var token claims
	const scheme = "Bearer "
	header := c.GetHeader("Authorization")
	if len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		_, err := s.parser.ParseWithClaims(header[len(scheme):], &token, s.key)
		if err == nil && s.good(&token) {
			c.Set("user", token.Subject)
			return
		}
	}
	refuse(c, http.StatusUnauthorized, "unauthorized")
}

// Which logins were ended: read once a second, as Confab does, so that no request asks for it.
func (s *server) readRevoked() error {
	ended := map[string]bool{}
	rows, err := s.pool.Query(context.Background(),
		"SELECT login_id FROM revocation WHERE revoked_at > clock_timestamp() - interval '65 minutes'")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ended[id] = true
	}
	s.revoked.Store(&ended)
	return rows.Err()
}

func (s *server) watchRevoked() {
	for range time.Tick(revokedReadEvery) {
		if err := s.readRevoked(); err != nil {
			log.Print(err)
		}
	}
}

func main() {
	pool, err := pgxpool.Connect(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	s := &server{pool: pool, advisorSQL: os.Getenv("ADVISOR_SQL"), userSQL: os.Getenv("USER_SQL"),
		keys: map[string][]byte{}, parser: jwt.NewParser(jwt.WithValidMethods([]string{"HS256"})),
		issuer: os.Getenv("ISSUER")}
	for _, pair := range strings.Split(strings.TrimSpace(os.Getenv("SECRET_KEYS")), ",") {
		kid, secret, _ := strings.Cut(pair, ":")
		s.keys[kid] = []byte(secret)
	}
	if err := s.readRevoked(); err != nil {
		log.Fatal(err)
	}
	go s.watchRevoked()

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.GET("/api/v1/advisors/:id", s.getAdvisor)
	router.GET("/api/v1/users/me", s.signedIn, s.getMe)
	os.Remove(os.Getenv("SOCKET"))
	listener, err := net.Listen("unix", os.Getenv("SOCKET"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(router.RunListener(listener))
}
